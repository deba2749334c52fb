"""The clock of a case: due times that stand still while it is returned, and reminders in office hours, once each."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from sop_core.cases.clock import fingerprint, planned, reminders, to_send
from sop_core.cases.deadlines import Calendar, after, due, elapsed, office_minutes_before, office_opens
from sop_core.cases.lifecycle import apply, remind
from sop_core.cases.transitions import NotAllowed
from tests.builders.cases import a_case

if TYPE_CHECKING:
    from sop_core.cases.case import Case

OFFICE = Calendar()
FRIDAY = "2026-11-20T15:00:00Z"  # ten in the morning in New York


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def opened(**changed: Any) -> Case:
    known = {"opened_at": FRIDAY, "clock_from": FRIDAY, "promised_from": FRIDAY}
    return planned(a_case(**known | changed), OFFICE)


def act(case: Case, action: str, when: str, calendar: Calendar = OFFICE, **given: Any) -> Case:
    return apply(case, action, actor="U0SPEC001", actor_name="Priya", at=when, calendar=calendar, **given)[0]


def test_a_case_is_planned_when_it_is_opened() -> None:
    case = opened()
    assert (case.due_at, case.promised_until) == ("2026-11-23T22:00:00Z", "2026-11-24T15:00:00Z")
    assert (case.remind_at, case.planned_by) == ("2026-11-24T13:00:00Z", fingerprint(OFFICE))


def test_the_assignee_is_reminded_two_office_hours_before() -> None:
    case = act(opened(), "claim", "2026-11-20T16:00:00Z")
    assert case.remind_at == "2026-11-23T20:00:00Z"
    assert [each.kind for each in reminders(case, OFFICE)] == ["soon", "due", "promise"]


def test_nobody_is_reminded_soon_of_a_case_that_nobody_has() -> None:
    assert [each.kind for each in reminders(opened(), OFFICE)] == ["due", "promise"]


@pytest.mark.parametrize(
    ("now", "kinds"),
    [
        ("2026-11-23T19:59:00Z", ()),
        ("2026-11-23T20:00:00Z", ("soon",)),
        ("2026-11-23T22:00:00Z", ()),  # due at five, when the office closes: it is told in the morning
        ("2026-11-24T12:59:00Z", ()),
        ("2026-11-24T13:00:00Z", ("due",)),
        ("2026-11-24T15:00:00Z", ("due", "promise")),
        ("2026-11-26T15:00:00Z", ()),  # Thanksgiving
    ],
)
def test_what_goes_out_when(now: str, kinds: tuple[str, ...]) -> None:
    assert to_send(act(opened(), "claim", "2026-11-20T16:00:00Z"), at(now), OFFICE) == kinds


def test_each_reminder_goes_out_once() -> None:
    case, event = remind(
        act(opened(), "claim", FRIDAY), ("due",), leads=("U0LEAD001",), at="2026-11-24T13:00:00Z", calendar=OFFICE
    )
    assert event.mentions == ("U0SPEC001", "U0LEAD001")
    assert to_send(case, at("2026-11-24T14:00:00Z"), OFFICE) == ()
    assert case.remind_at == "2026-11-24T15:00:00Z"
    over, event = remind(case, ("promise",), leads=("U0LEAD001",), at="2026-11-24T15:00:00Z", calendar=OFFICE)
    assert event.mentions == ("U0LEAD001",)
    assert (over.remind_at, over.moved) == (None, case.moved)


@pytest.mark.parametrize("state", ["returned", "closed", "voided"])
def test_a_case_that_waits_for_its_owner_or_is_over_reminds_nobody(state: str) -> None:
    case = planned(a_case(state=state, assignee="U0SPEC001"), OFFICE)
    assert case.remind_at is None
    assert to_send(case, at("2026-11-24T15:00:00Z"), OFFICE) == ()
    with pytest.raises(NotAllowed):
        remind(case, ("due",), leads=(), at="2026-11-24T15:00:00Z", calendar=OFFICE)


def test_the_clock_stands_still_while_a_case_is_returned() -> None:
    """Returned on Friday at four with 25 business hours left, sent again on Monday at ten."""
    case = act(opened(), "claim", FRIDAY)
    case = act(case, "return", "2026-11-20T21:00:00Z", reason="Which project?")
    case = act(case, "resend", "2026-11-23T15:00:00Z")
    assert case.due_at == "2026-11-24T16:00:00Z"
    assert case.promised_until == "2026-11-25T09:00:00Z"


def test_a_case_that_was_overdue_when_returned_stays_overdue() -> None:
    case = act(opened(), "claim", FRIDAY)
    case = act(case, "return", "2026-11-24T15:00:00Z", reason="Which project?")
    assert act(case, "resend", "2026-11-25T15:00:00Z").due_at == "2026-11-23T22:00:00Z"


def test_asking_for_an_update_starts_the_promise_and_leaves_the_deadline() -> None:
    case = act(act(opened(), "claim", FRIDAY), "ask_update", "2026-11-23T15:00:00Z")
    assert (case.due_at, case.promised_until) == ("2026-11-23T22:00:00Z", "2026-11-25T15:00:00Z")


def test_a_reopened_case_starts_its_clock_anew() -> None:
    case = act(act(opened(), "claim", FRIDAY), "close", "2026-11-23T15:00:00Z", reason="Duplicate case")
    again = act(case, "reopen", "2026-11-24T15:00:00Z")
    assert (again.due_at, again.reminded) == ("2026-11-25T22:00:00Z", ())


def test_a_changed_calendar_moves_what_is_still_ahead() -> None:
    shut = msgspec.structs.replace(OFFICE, closed=(date(2026, 11, 23),), opens=OFFICE.opens.replace(hour=10))
    case = planned(act(opened(), "claim", FRIDAY), shut)
    assert (case.due_at, case.remind_at) == ("2026-11-24T22:00:00Z", "2026-11-24T20:00:00Z")
    assert case.planned_by != fingerprint(OFFICE)


def test_office_time() -> None:
    assert office_opens(at("2026-11-20T22:00:00Z"), OFFICE) == at("2026-11-23T13:00:00Z")
    assert office_opens(at("2026-11-20T15:30:00Z"), OFFICE) == at("2026-11-20T15:30:00Z")
    assert office_minutes_before(at("2026-11-23T14:00:00Z"), 120, OFFICE) == at("2026-11-20T21:00:00Z")
    assert office_minutes_before(at("2026-11-24T03:00:00Z"), 120, OFFICE) == at("2026-11-23T20:00:00Z")


def test_business_minutes_are_counted_and_added_back() -> None:
    start = datetime(2026, 10, 30, 18, tzinfo=UTC)
    assert elapsed(start, due(start, 48, OFFICE), OFFICE) == 48 * 60
    assert after(start, 90, OFFICE) == at("2026-10-30T19:30:00Z")
    assert elapsed(start, start, OFFICE) == 0
