"""Time as it is stored: UTC, ISO 8601 with ``Z``, whole seconds, so that text order is time order."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator


def iso(moment: datetime) -> str:
    """Write a moment as it is stored: ``2026-10-09T16:30:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse(text: str) -> datetime:
    """Read a stored moment."""
    return datetime.fromisoformat(text)


def day_ended(at: str, zone: str) -> date | None:
    """Return the day of ``zone`` that ends at a stored moment; ``None`` unless that is midnight there."""
    local = parse(at).astimezone(ZoneInfo(zone))
    return None if local.hour or local.minute or local.second else local.date() - timedelta(days=1)


def days(first: str, last: str) -> Iterator[str]:
    """Yield the days from ``first`` to ``last`` (``2026-11-20``), both included."""
    day, end = date.fromisoformat(first), date.fromisoformat(last)
    while day <= end:
        yield day.isoformat()
        day += timedelta(days=1)
