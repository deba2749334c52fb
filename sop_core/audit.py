"""The audit: who did what, when, to what. Entries name people by id and hold neither customer data nor free text."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal, get_args
from zoneinfo import ZoneInfo

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sop_core.cases.case import CaseEvent

Kind = Literal["run", "decision", "view", "case", "setting", "sheet", "procedure", "export", "erasure"]
KINDS: tuple[Kind, ...] = get_args(Kind)
KIND_NAMES: dict[str, str] = {
    "run": "Procedures begun and ended",
    "decision": "Answers in a procedure",
    "view": "Customer data opened",
    "case": "Cases",
    "setting": "Settings",
    "sheet": "The transfer sheet",
    "procedure": "Versions of procedures",
    "export": "Files sent out",
    "erasure": "Customers forgotten",
}
CHOSEN_FROM_LISTS = frozenset({"close", "void", "withdraw", "remind"})
"""Actions whose reason is one of ours; of any other it is free text, which stays out of the audit."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that somebody did. ``at`` is UTC ISO 8601 with ``Z``, ``actor`` a Slack user id.

    ``id`` tells entries of the same second apart and is the same for a repeat of the same act. ``subject`` is a case
    number, a run's id, a sheet's id or a part of the settings; ``detail`` says more: facts and answers, states, counts.
    """

    at: str
    id: str
    kind: Kind
    actor: str
    action: str
    subject: str = ""
    procedure: str = ""
    detail: str = ""

    @property
    def place(self) -> str:
        """Where the entry stands among all others."""
        return f"{self.at}#{self.id}"


def of_event(event: CaseEvent) -> Entry:
    """Return what happened to a case, without notes and without reasons that somebody typed."""
    moved = "" if event.from_state == event.to_state else f"{event.from_state or 'new'} → {event.to_state}"
    reason = event.reason if event.action in CHOSEN_FROM_LISTS else None
    given = event.assignee if event.action == "assign" else None
    documents = f"{len(event.documents)} documents" if event.documents else ""
    return Entry(
        at=event.at,
        id=f"{event.case}#{event.version:06d}",
        kind="case",
        actor=event.actor,
        action=event.action,
        subject=event.case,
        procedure=event.procedure,
        detail=", ".join(part for part in (moved, reason, given and f"to {given}", documents) if part),
    )


def of_change(version: int, actor: str, at: str, lines: Sequence[str]) -> tuple[Entry, ...]:
    """Return one change of the settings, an entry a line of :func:`sop_core.settings.changes`."""
    return tuple(
        Entry(
            at=at,
            id=f"settings#{version:06d}#{place:03d}",
            kind="setting",
            actor=actor,
            action="changed",
            subject=line.partition(": ")[0],
            detail=line.partition(": ")[2],
        )
        for place, line in enumerate(lines)
    )


def decided(
    before: Mapping[str, str | tuple[str, ...]],
    after: Mapping[str, str | tuple[str, ...]],
    sources: Mapping[str, str],
) -> tuple[tuple[str, str], ...]:
    """Return what changed between the facts of a run: ``(action, detail)`` for each answer given or taken back.

    ``sources`` says who gave an answer: the agent, the sheet, the agent's groups or our own cases.
    """
    given = [
        ("answered" if sources.get(fact, "agent") == "agent" else f"known from the {sources[fact]}", _said(fact, value))
        for fact, value in after.items()
        if before.get(fact) != value
    ]
    return (*given, *(("taken back", fact) for fact in before if fact not in after))


def _said(fact: str, value: str | tuple[str, ...]) -> str:
    return f"{fact} = {value if isinstance(value, str) else ', '.join(value) or 'none'}"


class Wanted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The part of the audit that an admin asked for: days of the office (``2026-11-20``), both included.

    ``kind`` is one of :data:`KINDS`, empty for all. A large answer comes in parts: ``after`` is where one goes on.
    """

    first: str
    last: str
    kind: str = ""
    part: int = 1
    after: str = ""

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of entries."""
        return (self.kind,) if self.kind else KINDS

    def moments(self, zone: str) -> tuple[datetime, datetime]:
        """Return when the first day begins and when the last has ended, by the clocks of the office's ``zone``."""
        begins, ends = date.fromisoformat(self.first), date.fromisoformat(self.last) + timedelta(days=1)
        return (
            datetime.combine(begins, time(), ZoneInfo(zone)),
            datetime.combine(ends, time(), ZoneInfo(zone)),
        )
