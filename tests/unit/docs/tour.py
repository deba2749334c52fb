"""The developers' guide's tour of a request, as data."""

from __future__ import annotations

import re
from typing import Final

from tests.unit.docs.pages import table

PAGE: Final = "docs/guides/developers.md"
HEADING: Final = "One request through the files"
Stop = tuple[str, str]
"""The file and the qualified name of a function."""


def stops() -> list[Stop]:
    """Return each function of the tour, in its order: the file that it is in and its qualified name."""
    found: list[Stop] = []
    for _, where in table(PAGE, HEADING):
        file = ""
        for span in re.findall(r"`([^`]+)`", where):
            if "/" in span:
                file = span
            else:
                found.append((file, span))
    return found
