"""Deadlines: the clock runs on business days, on the office's wall clock."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from sop_core.cases.deadlines import (
    Calendar,
    NeverOpen,
    deadline,
    due,
    in_office_hours,
    is_business_day,
    next_business_day,
)

OFFICE = Calendar()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("start", "hours", "expected"),
    [
        ("2026-10-09T16:30", 48, "2026-10-14T16:30:00-04:00"),  # Columbus Day is the Monday between
        ("2026-11-20T09:00", 24, "2026-11-23T09:00:00-05:00"),  # over a weekend
        ("2026-11-21T15:00", 24, "2026-11-24T00:00:00-05:00"),  # from a Saturday: counted from Monday's midnight
        ("2026-11-21T15:00", 0, "2026-11-23T00:00:00-05:00"),
        ("2026-10-30T23:30", 25, "2026-11-03T00:30:00-05:00"),  # summer time ends between
        ("2026-12-31T10:00", 24, "2027-01-04T10:00:00-05:00"),  # over New Year
        ("2026-11-23T08:15:30", 1, "2026-11-23T09:15:30-05:00"),
        ("2026-11-23T13:00+00:00", 24, "2026-11-24T08:00:00-05:00"),  # another zone's time is the office's time first
    ],
)
def test_business_hours(start: str, hours: int, expected: str) -> None:
    assert due(at(start), hours, OFFICE).isoformat() == expected


def test_a_time_that_summer_time_skips_becomes_one_that_exists() -> None:
    sundays = Calendar(business_days=("sat", "sun"), holidays=None)
    assert due(at("2026-03-07T02:30"), 24, sundays).isoformat() == "2026-03-08T03:30:00-04:00"


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2026-11-20T16:59", "2026-11-23T17:00:00-05:00"),
        ("2026-11-21T03:00", "2026-11-23T17:00:00-05:00"),
        ("2026-11-25T10:00", "2026-11-27T17:00:00-05:00"),  # Thanksgiving
    ],
)
def test_a_callback_is_due_at_the_close_of_the_next_business_day(start: str, expected: str) -> None:
    assert next_business_day(at(start), OFFICE).isoformat() == expected
    assert deadline("next_business_day", at(start), OFFICE) == next_business_day(at(start), OFFICE)


def test_a_deadline_rule_names_business_hours() -> None:
    assert deadline("24_business_hours", at("2026-11-20T09:00"), OFFICE) == due(at("2026-11-20T09:00"), 24, OFFICE)
    assert deadline("48_business_hours", at("2026-11-20T09:00"), OFFICE) == due(at("2026-11-20T09:00"), 48, OFFICE)
    with pytest.raises(ValueError, match="unknown deadline rule 'soon'"):
        deadline("soon", at("2026-11-20T09:00"), OFFICE)


def test_closed_days_and_holidays_are_no_business_days() -> None:
    closed = Calendar(closed=(date(2026, 11, 23),))
    assert not is_business_day(date(2026, 11, 23), closed)
    assert not is_business_day(date(2026, 11, 26), OFFICE)
    assert is_business_day(date(2026, 11, 26), Calendar(holidays=None))


def test_the_office_is_open_from_its_first_minute_to_its_last() -> None:
    office = Calendar(opens=time(9), closes=time(17))
    zone = ZoneInfo("America/New_York")
    open_at = [datetime(2026, 11, 23, hour, tzinfo=zone) for hour in (8, 9, 16, 17)]
    assert [in_office_hours(each, office) for each in open_at] == [False, True, True, False]
    assert not in_office_hours(datetime(2026, 11, 22, 12, tzinfo=zone), office)


def test_an_office_that_never_opens_has_no_deadlines() -> None:
    year = tuple(date.fromordinal(date(2026, 1, 1).toordinal() + day) for day in range(800))
    with pytest.raises(NeverOpen):
        due(at("2026-03-02T10:00"), 24, Calendar(closed=year))
