"""Before each click, choice, typed letter and form of a day, somebody else sends the very same, signed by Slack."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from functions.slack.listeners import LISTENERS
from tests.integration.security.conftest import EVERYBODYS

if TYPE_CHECKING:
    from tests.integration.security.conftest import Day

DO_NOTHING: Final = {
    ("action", "^pick:"): "it is acknowledged; the choice counts with the button beside it",
    ("action", "^case_"): "it says that the button is of an older release",
    ("action", "case_assign"): "the day assigns by the menu, which is tried, and so is the form",
    ("action", "case_withdraw"): "the same",
}


def test_nobody_drives_somebody_elses_run_form_or_modal(day: Day) -> None:
    """Nothing is written, nothing is queued, no view is drawn anew; whoever tried is told, and nobody else."""
    assert day.watch.intruders == []


def test_each_listener_of_the_app_was_tried_so(day: Day) -> None:
    every = {
        (each.kind, each.name.pattern if isinstance(each.name, re.Pattern) else each.name)
        for each in LISTENERS
        if each.kind not in {"command", "event"}  # these say themselves who sends them
    }
    spared = {(kind, name) for kind, name in every if name in EVERYBODYS}
    assert every - spared - set(DO_NOTHING) == set(day.watch.tried)
    assert {name for _, name in spared} == set(EVERYBODYS)
