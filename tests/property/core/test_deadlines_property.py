"""Deadlines against an oracle that walks every minute."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from sop_core.cases.deadlines import WEEKDAYS, Calendar, due, in_office_hours, is_business_day, next_business_day

MINUTE = timedelta(minutes=1)
calendars = st.builds(
    Calendar,
    zone=st.sampled_from(["America/New_York", "America/Chicago", "Pacific/Honolulu"]),
    business_days=st.sets(st.sampled_from(WEEKDAYS[:5]), min_size=1).map(tuple),
    closed=st.lists(st.dates(date(2026, 1, 1), date(2027, 12, 31)), max_size=5).map(tuple),
)
FIRST, LAST = datetime.fromisoformat("2026-01-01"), datetime.fromisoformat("2027-06-30")
starts = st.datetimes(FIRST, LAST).map(lambda at: at.replace(second=0, microsecond=0))


def by_the_minute(start: datetime, hours: int, calendar: Calendar) -> datetime:
    """Count minutes of business days off one by one; a deadline at a day's end is the next business day's start."""
    wall, left = start, hours * 60
    while True:
        if not is_business_day(wall.date(), calendar):
            wall = datetime.combine(wall.date() + timedelta(days=1), datetime.min.time())
        elif left:
            wall, left = wall + MINUTE, left - 1
        else:
            return wall


@settings(max_examples=60)
@given(start=starts, hours=st.integers(0, 60), calendar=calendars)
def test_business_hours_are_minutes_of_business_days(start: datetime, hours: int, calendar: Calendar) -> None:
    found = due(start, hours, calendar)
    assert found.replace(tzinfo=None) == by_the_minute(start, hours, calendar)


@given(start=starts, hours=st.integers(0, 200), more=st.integers(0, 50), calendar=calendars)
def test_more_hours_are_never_due_sooner(start: datetime, hours: int, more: int, calendar: Calendar) -> None:
    assert due(start, hours, calendar) <= due(start, hours + more, calendar)


@given(start=starts, calendar=calendars)
def test_the_next_business_day_closes_later_and_was_open_until_then(start: datetime, calendar: Calendar) -> None:
    closes = next_business_day(start, calendar)
    assert closes > start.replace(tzinfo=ZoneInfo(calendar.zone))
    assert in_office_hours(closes - MINUTE, calendar)
    assert not in_office_hours(closes, calendar)
