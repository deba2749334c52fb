"""Time as it is stored: UTC, ISO 8601 with ``Z``, whole seconds, so that text order is time order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Says what time it is; passed in everywhere, so that tests own it."""


def system_clock() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the clock that is handed in


def iso(moment: datetime) -> str:
    """Write a moment as it is stored: ``2026-10-09T16:30:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse(text: str) -> datetime:
    """Read a stored moment."""
    return datetime.fromisoformat(text)
