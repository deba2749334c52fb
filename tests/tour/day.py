"""A day in which everything is done that can be done: every command, question, form, button, list, file and minute.

Whoever looks at what was sent, stored, called or refused meanwhile has seen the whole app at work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.tour.admins import Admins
from tests.tour.calls import Calls

if TYPE_CHECKING:
    from tests.standin.office import Office
    from tests.tour.hands import Words


def the_day(office: Office, words: Words) -> None:
    """Live it once."""
    admins, calls = Admins(office, words), Calls(office, words)
    for part in (
        admins.settings,
        admins.no_sheet_yet,
        admins.sheets,
        calls.runs,
        calls.a_case,
        calls.a_returned_case,
        calls.closed_cases,
        admins.a_forgotten_customer,
        calls.lists,
        calls.home,
        admins.audit,
        admins.procedures,
        admins.sheets_go_on,
        admins.operators,
    ):
        part()
