"""Time as it is stored: UTC, ISO 8601 with ``Z``, whole seconds, so that text order is time order."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(moment: datetime) -> str:
    """Write a moment as it is stored: ``2026-10-09T16:30:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse(text: str) -> datetime:
    """Read a stored moment."""
    return datetime.fromisoformat(text)
