"""The clock of a case against an oracle that walks every minute, and its lifecycle against a model."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final, get_args
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sop_core.cases.case import Case, Document, State
from sop_core.cases.clock import planned, to_send
from sop_core.cases.deadlines import WEEKDAYS, Calendar, deadline, elapsed, in_office_hours, is_business_day
from sop_core.cases.lifecycle import CLOSE_REASONS, apply, remind
from sop_core.cases.transitions import ACTIONS, NotAllowed
from tests.builders.cases import a_case

MINUTE = timedelta(minutes=1)
UTC = ZoneInfo("UTC")
calendars = st.builds(
    Calendar,
    zone=st.sampled_from(["America/New_York", "America/Chicago", "Pacific/Honolulu"]),
    business_days=st.sets(st.sampled_from(WEEKDAYS), min_size=2).map(tuple),
    closed=st.lists(st.dates(date(2026, 3, 1), date(2026, 12, 31)), max_size=4).map(tuple),
    opens=st.sampled_from([time(7), time(8, 30)]),
    closes=st.sampled_from([time(16), time(17, 30)]),
)
# Two weeks around each change of the clocks, and the holidays at the end of a year.
starts = st.one_of(
    *(
        st.datetimes(datetime.fromisoformat(a), datetime.fromisoformat(b))
        for a, b in (
            ("2026-03-01", "2026-03-15"),
            ("2026-10-25", "2026-11-08"),
            ("2026-12-20", "2027-01-05"),
        )
    )
).map(lambda at: at.replace(second=0, microsecond=0))


def iso(local: datetime, calendar: Calendar) -> str:
    return local.replace(tzinfo=ZoneInfo(calendar.zone)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def wall(stored: str, calendar: Calendar) -> datetime:
    return datetime.fromisoformat(stored).astimezone(ZoneInfo(calendar.zone)).replace(tzinfo=None)


def business_minutes(start: datetime, end: datetime, calendar: Calendar) -> int:
    """Count them one by one, on the office's wall clock."""
    count = 0
    while start < end:
        count += is_business_day(start.date(), calendar)
        start += MINUTE
    return count


@settings(max_examples=25)
@given(start=starts, minutes=st.integers(0, 9000), calendar=calendars)
def test_business_minutes_between_two_times(start: datetime, minutes: int, calendar: Calendar) -> None:
    end = start + timedelta(minutes=minutes)
    assert elapsed(start, end, calendar) == business_minutes(start, end, calendar)


@settings(max_examples=25)
@given(start=starts, worked=st.integers(1, 1800), away=st.integers(1, 5000), calendar=calendars)
def test_a_returned_case_keeps_the_business_minutes_it_had_left(
    start: datetime, worked: int, away: int, calendar: Calendar
) -> None:
    """Counted minute by minute: as many are left when it is sent again as were when it was returned."""
    returned, resent = start + timedelta(minutes=worked), start + timedelta(minutes=worked + away)
    began = iso(start, calendar)
    case = a_case(opened_at=began, clock_from=began, promised_from=began, due_rule="48_business_hours")
    before = wall(planned(case, calendar).due_at, calendar)
    paused = msgspec.structs.replace(case, pauses=((iso(returned, calendar), iso(resent, calendar)),))
    due = wall(planned(paused, calendar).due_at, calendar)
    # A wall clock time that summer time skips or repeats is another one in UTC.
    shifts = wall(iso(returned, calendar), calendar) != returned or wall(iso(resent, calendar), calendar) != resent
    if not shifts and returned < before:
        assert business_minutes(resent, due, calendar) == business_minutes(returned, before, calendar)


@settings(max_examples=25)
@given(start=starts, before=calendars, after=calendars)
def test_a_changed_calendar_gives_the_time_that_it_would_have_given_from_the_start(
    start: datetime, before: Calendar, after: Calendar
) -> None:
    """Counted minute by minute in the new office's time: 48 business hours, whatever the old one said."""
    began = iso(start, before)
    case = a_case(opened_at=began, clock_from=began, promised_from=began, due_rule="48_business_hours")
    changed = planned(planned(case, before), after)
    assert changed == planned(case, after)
    due = wall(changed.due_at, after)
    # A due time that summer time skips is an hour later on the clock.
    assert 0 <= business_minutes(wall(began, after), due, after) - 48 * 60 <= 60


@settings(max_examples=30)
@given(start=starts, calendar=calendars)
def test_reminders_go_out_in_office_hours_once_each_and_soon_before_the_deadline(
    start: datetime, calendar: Calendar
) -> None:
    """Watched at every quarter of an hour until a week after the deadline, as the sweep watches."""
    began = iso(start, calendar)
    case = planned(
        a_case(opened_at=began, clock_from=began, promised_from=began, state="claimed", assignee="U0SPEC001"),
        calendar,
    )
    now, end = datetime.fromisoformat(began), deadline("48_business_hours", start, calendar) + timedelta(days=9)
    sent: list[str] = []
    while now < end:
        kinds = to_send(case, now, calendar)
        assert not kinds or in_office_hours(now, calendar)
        assert "soon" not in kinds or now < datetime.fromisoformat(case.due_at)
        if kinds:
            sent += kinds
            case, _ = remind(case, kinds, leads=("U0LEAD001",), at=now.isoformat(), calendar=calendar)
        now += timedelta(minutes=15)
    assert sorted(set(sent) | {"soon"}) == ["due", "promise", "soon"]
    assert len(sent) == len(set(sent))


NEXT: Final[dict[tuple[State, str], State]] = {
    ("open", "claim"): "claimed", ("open", "assign"): "claimed", ("claimed", "assign"): "claimed",
    ("claimed", "return"): "returned", ("returned", "resend"): "open", ("returned", "void"): "voided",
    ("claimed", "close"): "closed", ("closed", "reopen"): "open", ("open", "withdraw"): "voided",
}  # fmt: skip
QUIET: Final[dict[str, str]] = {
    "note": "voided", "attach": "voided", "link": "voided", "ask_update": "voided closed",
    "remind": "voided closed returned",
    "replan": "voided closed",
}  # fmt: skip


class CaseMachine(RuleBasedStateMachine):
    """A case under any order of actions does what a model with two tables of its own does."""

    def __init__(self) -> None:
        super().__init__()
        self.case: Case = planned(a_case(), Calendar())
        self.state: State = "open"
        self.events = [1]
        self.now = datetime.fromisoformat("2026-11-20T15:00:00Z")

    @rule(action=st.sampled_from(ACTIONS), hours=st.integers(0, 30))
    def act(self, action: str, hours: int) -> None:
        self.now += timedelta(hours=hours)
        file = Document(id="F1", name="a", size=1, key="k", by="U1", at="")
        expected = NEXT.get((self.state, action)) or (
            self.state if self.state not in QUIET.get(action, " ".join(get_args(State))).split() else None
        )
        try:
            self.case, event = apply(
                self.case, action, actor="U1", actor_name="One", at=self.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
                reason=CLOSE_REASONS[0], note="n", assignee="U2", calendar=Calendar(),
                documents=(file,) if action == "attach" else (),
            )  # fmt: skip
        except NotAllowed:
            assert expected is None
            return
        assert expected is not None
        self.state = expected
        self.events.append(event.version)

    @precondition(lambda self: self.state in {"open", "claimed"})
    @rule()
    def is_due(self) -> None:
        assert self.case.remind_at is not None or {"due", "promise"} <= set(self.case.reminded)

    @invariant()
    def agrees(self) -> None:
        assert self.case.state == self.state
        assert self.events == [*range(1, self.case.version + 1)]
        assert (self.case.assignee is not None) == (self.state in {"claimed", "returned", "closed"}) or (
            self.state == "voided"
        )
        assert (self.case.closed_at is not None) == (self.state in {"closed", "voided"})
        assert self.case.remind_at is None or self.state in {"open", "claimed"}


TestCaseMachine = CaseMachine.TestCase
TestCaseMachine.settings = settings(max_examples=40, stateful_step_count=20)
