"""One day of the whole app, with hostile words in everything that can be typed, and what was seen of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest

from tests.builders.hostile import HEADERS, ROWS, hostile
from tests.builders.people import ADMIN, AGENT, BACK_OFFICE, LEAD, PRIYA, TOM, TRAINED
from tests.standin.office import an_office
from tests.tour.day import the_day
from tests.tour.hands import Words
from tests.tour.watching import watched

if TYPE_CHECKING:
    from tests.standin.office import Office
    from tests.tour.watching import Watch

EVERYBODYS: Final = {
    "case_details": "whoever works here may read a case",
    "case_note": "and add a note to it in their own name",
    "case_attach": "or a document",
    "case_ask_update": "or ask for an update",
    "^cases_page:": "each sees the lists that are theirs",
    "^home_show": "each sees the Home tab that is theirs",
    "procedure_start": "the run that begins is theirs",
}
"""Interactions that anybody of the staff may send as well: what is done then is done by them, in their name."""


@dataclass(frozen=True)
class Day:
    """The office in the evening, and what was seen."""

    office: Office
    watch: Watch


@pytest.fixture(scope="session")
def day() -> Day:
    """The day, lived once. Its AWS is gone by now: other tests have their own."""
    with an_office() as office:
        people = (ADMIN, AGENT, BACK_OFFICE, LEAD, PRIYA, TOM, TRAINED)
        office.slack.names.update({user: hostile(user, 60) for user in people})
        with watched(office, spared=EVERYBODYS) as watch:
            the_day(office, Words(says=hostile, rows=ROWS, headers=HEADERS, file=hostile("file", 200)))
        return Day(office, watch)
