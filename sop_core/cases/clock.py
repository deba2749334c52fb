"""The clock of a case: when it is due, what was promised, and who is to be reminded when.

It counts business time, stands still while the case is returned to its owner, and reminds in office hours only. All of
it follows from what the case keeps and from the calendar, so a changed calendar changes every date that is still ahead.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal, get_args

import msgspec

from sop_core.cases.case import OVER
from sop_core.cases.deadlines import (
    Calendar,
    after,
    deadline,
    elapsed,
    in_office_hours,
    office_minutes_before,
    office_opens,
)
from sop_core.times import iso, parse

if TYPE_CHECKING:
    from datetime import datetime

    from sop_core.cases.case import Case

Kind = Literal["soon", "due", "promise"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SOON_MINUTES = 120
"""Office minutes before a case is due at which its assignee is reminded."""

PROMISE = "48_business_hours"
"""Within these a customer is contacted (ESC-2); after them the resolution lead is mentioned, once (gap ESC-7)."""


class Reminder(msgspec.Struct, frozen=True):
    """One reminder of a case, and when it is to go out."""

    kind: Kind
    at: datetime


def planned(case: Case, calendar: Calendar) -> Case:
    """Return ``case`` with its due time, its promise and its next reminder as ``calendar`` has them."""
    known = msgspec.structs.replace(case, planned_by=fingerprint(calendar))
    if case.state in OVER:
        return msgspec.structs.replace(known, remind_at=None)
    known = msgspec.structs.replace(
        known, due_at=iso(due_time(case, calendar)), promised_until=iso(promise_time(case, calendar))
    )
    ahead = [reminder.at for reminder in reminders(known, calendar)]
    return msgspec.structs.replace(known, remind_at=iso(min(ahead)) if ahead else None)


def due_time(case: Case, calendar: Calendar) -> datetime:
    """Return when the case is due: its rule from the start of its clock, and every pause on top."""
    start = parse(case.clock_from or case.opened_at)
    return _paused(deadline(case.due_rule, start, calendar), start, case, calendar)


def promise_time(case: Case, calendar: Calendar) -> datetime:
    """Return until when the customer was promised to be contacted."""
    start = parse(case.promised_from or case.opened_at)
    return _paused(deadline(PROMISE, start, calendar), start, case, calendar)


def reminders(case: Case, calendar: Calendar) -> tuple[Reminder, ...]:
    """Return the reminders of a planned case that are still to go out; none while it is returned or once it is over."""
    if case.state not in {"open", "claimed"}:
        return ()
    due = parse(case.due_at)
    ahead = {"due": office_opens(due, calendar)}
    if case.promised_until is not None:
        ahead["promise"] = office_opens(parse(case.promised_until), calendar)
    if case.assignee is not None and "due" not in case.reminded:
        ahead["soon"] = office_minutes_before(due, SOON_MINUTES, calendar)
    return tuple(Reminder(kind, ahead[kind]) for kind in KINDS if kind in ahead and kind not in case.reminded)


def to_send(case: Case, now: datetime, calendar: Calendar) -> tuple[Kind, ...]:
    """Return the reminders that go out now, in one message: none outside office hours, "soon" only before it is due."""
    if not in_office_hours(now, calendar):
        return ()
    arrived = tuple(reminder.kind for reminder in reminders(case, calendar) if reminder.at <= now)
    return tuple(kind for kind in arrived if kind != "soon") if now >= parse(case.due_at) else arrived


def fingerprint(calendar: Calendar) -> str:
    """Return what tells one calendar from another: by it, the cases that were planned by an older one are known."""
    return hashlib.sha256(msgspec.json.encode(calendar)).hexdigest()[:12]


def _paused(due: datetime, start: datetime, case: Case, calendar: Calendar) -> datetime:
    for began, ended in case.pauses:
        if parse(began) < due and parse(ended) > start:
            due = after(due, elapsed(max(parse(began), start), parse(ended), calendar), calendar)
    return due
