"""Deadlines in business time: the clock runs on the office's business days only, in the office's time zone."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal, get_args
from zoneinfo import ZoneInfo

import msgspec

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
MINUTES_A_DAY = 24 * 60
LONGEST_CLOSURE = 366


class Calendar(msgspec.Struct, frozen=True):
    """The office's days and hours. ``holidays`` is a country code (``None``: no public holidays are kept)."""

    zone: str = "America/New_York"
    business_days: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri")
    holidays: str | None = "US"
    closed: tuple[date, ...] = ()
    opens: time = time(8)
    closes: time = time(17)


class NeverOpen(ValueError):
    """The calendar has no business day within a year."""


def is_business_day(day: date, calendar: Calendar) -> bool:
    """Tell whether the office works on ``day``."""
    if WEEKDAYS[day.weekday()] not in calendar.business_days or day in calendar.closed:
        return False
    return calendar.holidays is None or day not in _holidays(calendar.holidays, day.year)


def due(start: datetime, hours: int, calendar: Calendar) -> datetime:
    """Return when ``hours`` business hours after ``start`` have passed: 24 are the same time on the next business day.

    A start outside the business days counts from the next business day's midnight. The arithmetic is done on the
    office's wall clock, so a change to or from summer time moves nothing. A naive ``start`` is read as office time.
    """
    return after(start, hours * 60, calendar)


def after(start: datetime, minutes: int, calendar: Calendar) -> datetime:
    """Return when ``minutes`` business minutes after ``start`` have passed, counted as :func:`due` counts hours."""
    local = _local(start, calendar)
    day, passed, rest = local.date(), local.hour * 60 + local.minute, local.second
    if not is_business_day(day, calendar):
        day, passed, rest = _business_day_after(day, calendar), 0, 0
    days, passed = divmod(passed + minutes, MINUTES_A_DAY)
    for _ in range(days):
        day = _business_day_after(day, calendar)
    return _at(day, time(passed // 60, passed % 60, rest), calendar)


def elapsed(start: datetime, end: datetime, calendar: Calendar) -> int:
    """Return how many business minutes lie between ``start`` and ``end``, on the office's wall clock."""
    first, last = _local(start, calendar), _local(end, calendar)
    if last <= first:
        return 0
    days = range((last.date() - first.date()).days)
    whole = sum(is_business_day(first.date() + timedelta(days=day), calendar) for day in days) * MINUTES_A_DAY
    return max(0, whole - _into(first, calendar) + _into(last, calendar))


def _into(local: datetime, calendar: Calendar) -> int:
    return local.hour * 60 + local.minute if is_business_day(local.date(), calendar) else 0


def next_business_day(start: datetime, calendar: Calendar) -> datetime:
    """Return the close of the next business day after ``start``.

    The SOP promises a call back without saying when (gap INF-4b-due). The whole office day is allowed, so that a case
    opened late in the afternoon is not overdue early next morning.
    """
    day = _business_day_after(_local(start, calendar).date(), calendar)
    return _at(day, calendar.closes, calendar)


DEADLINES = ("next_business_day", "24_business_hours", "48_business_hours")
"""The deadline rules a case of a procedure may name."""


def deadline(rule: str, start: datetime, calendar: Calendar) -> datetime:
    """Return when a case opened at ``start`` is due under ``rule``, one of :data:`DEADLINES`."""
    match rule:
        case "next_business_day":
            return next_business_day(start, calendar)
        case "24_business_hours":
            return due(start, 24, calendar)
        case "48_business_hours":
            return due(start, 48, calendar)
        case _:
            raise ValueError(f"unknown deadline rule {rule!r}")


def in_office_hours(at: datetime, calendar: Calendar) -> bool:
    """Tell whether the office is open at ``at``: reminders wait until it is."""
    local = _local(at, calendar)
    return is_business_day(local.date(), calendar) and calendar.opens <= local.time() < calendar.closes


def office_opens(at: datetime, calendar: Calendar) -> datetime:
    """Return the first moment from ``at`` on at which the office is open."""
    local = _local(at, calendar)
    if is_business_day(local.date(), calendar) and local.time() < calendar.closes:
        return max(local, _at(local.date(), calendar.opens, calendar))
    return _at(_business_day_after(local.date(), calendar), calendar.opens, calendar)


def office_minutes_before(at: datetime, minutes: int, calendar: Calendar) -> datetime:
    """Return the moment from which the office is open for ``minutes`` until ``at``: always one at which it is open."""
    local = _local(at, calendar)
    day, left = local.date(), timedelta(minutes=minutes)
    closes = min(local, _at(day, calendar.closes, calendar))
    for _ in range(LONGEST_CLOSURE):
        opens = _at(day, calendar.opens, calendar)
        if is_business_day(day, calendar) and closes > opens:
            if closes - opens >= left:
                return closes - left
            left -= closes - opens
        day -= timedelta(days=1)
        closes = _at(day, calendar.closes, calendar)
    raise NeverOpen(f"no business day within a year before {at.date().isoformat()}")


def _local(start: datetime, calendar: Calendar) -> datetime:
    zone = ZoneInfo(calendar.zone)
    return start.replace(tzinfo=zone) if start.tzinfo is None else start.astimezone(zone)


def _at(day: date, clock: time, calendar: Calendar) -> datetime:
    zone = ZoneInfo(calendar.zone)
    # Through UTC and back, a wall-clock time that summer time skips becomes the one that existed.
    return datetime.combine(day, clock, zone).astimezone(ZoneInfo("UTC")).astimezone(zone)


def _business_day_after(day: date, calendar: Calendar) -> date:
    for _ in range(LONGEST_CLOSURE):
        day += timedelta(days=1)
        if is_business_day(day, calendar):
            return day
    raise NeverOpen(f"no business day within a year of {day.isoformat()}")


@lru_cache(maxsize=64)
def _holidays(country: str, year: int) -> frozenset[date]:
    from holidays import country_holidays  # noqa: PLC0415 - slow to import: only a deadline pays for it

    return frozenset(country_holidays(country, years=year))
