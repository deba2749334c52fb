from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.standin.office import an_office

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.standin.office import Office


@pytest.fixture
def office() -> Iterator[Office]:
    """The app, its people, and what its stores hold; nobody has done anything yet."""
    with an_office() as made:
        yield made
