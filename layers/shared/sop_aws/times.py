"""The clock, which is handed in: how its moments are stored is in :mod:`sop_core.times`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Says what time it is; passed in everywhere, so that tests own it."""


def system_clock() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the clock that is handed in
