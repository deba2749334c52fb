"""The queue at a glance: a case in one line, a day in numbers, and what a lead wants to know of all of them."""

from __future__ import annotations

from heapq import nsmallest
from typing import TYPE_CHECKING

import msgspec

from sop_core.cases.case import State  # noqa: TC001 - msgspec reads the annotation
from sop_core.times import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sop_core.cases.case import Case, CaseEvent


LONG = 500
"""From more waiting cases on, a list of them begins with its front as it was counted last."""
FRONT_KEPT = 100
ERASED = "[erased]"
"""Stands where something of a customer was who has been forgotten."""


class CaseHead(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a list shows of a case; ``customer`` is the homeowner's name, or the caller's where no project is known."""

    id: str
    state: State
    moved: int
    procedure: str
    description: str
    owner: str
    owner_name: str
    opened_at: str
    due_at: str
    project_id: str | None = None
    customer: str | None = None
    assignee: str | None = None
    closed_at: str | None = None
    planned_by: str = ""


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """What happened on one day, as far as medians need it: seconds, each from when the case's clock started.

    Events from ``until`` on are not counted yet.
    """

    to_claim: tuple[int, ...] = ()
    to_close: tuple[int, ...] = ()
    until: str = ""


class Front(msgspec.Struct, frozen=True, kw_only=True):
    """Of ``waiting`` cases of a list the first ones due, as they were counted; none where a query is as quick."""

    at: str
    waiting: int
    heads: tuple[CaseHead, ...] = ()


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """All live cases in numbers. Medians are in seconds, over the days that were counted."""

    at: str
    states: dict[str, int]
    overdue: int
    procedures: dict[str, int]
    oldest: CaseHead | None = None
    to_claim: float | None = None
    to_close: float | None = None
    days: int = 0


def head(case: Case) -> CaseHead:
    """Return the case in one line."""
    return CaseHead(
        id=case.id,
        state=case.state,
        moved=case.moved,
        procedure=case.procedure,
        description=case.description,
        owner=case.owner,
        owner_name=case.owner_name,
        opened_at=case.opened_at,
        due_at=case.due_at,
        project_id=None if case.project is None else case.project.project_id,
        customer=ERASED if case.erased_at else _customer(case),
        assignee=case.assignee,
        closed_at=case.closed_at,
        planned_by=case.planned_by,
    )


def _customer(case: Case) -> str | None:
    return (case.project.homeowner if case.project else None) or case.notes.get("caller_name") or None


def tally(events: Iterable[CaseEvent]) -> Tally:
    """Count one day's events."""
    took: dict[str, list[int]] = {"claim": [], "assign": [], "close": []}
    for event in events:
        # Handing a claimed case on is no claim: it was in somebody's hands already.
        if event.action in took and not (event.action == "assign" and event.from_state != "open"):
            took[event.action].append(seconds(event.clock_from, event.at))
    return Tally(to_claim=tuple(took["claim"] + took["assign"]), to_close=tuple(took["close"]))


def added(one: Tally, other: Tally, *, until: str) -> Tally:
    """Return two parts of a day as one, which is counted ``until`` then."""
    return Tally(to_claim=one.to_claim + other.to_claim, to_close=one.to_close + other.to_close, until=until)


def front(live: Iterable[CaseHead], *, at: str) -> Front:
    """Return the front of the queue in the order of the index: the soonest due first, of one time the oldest."""
    waiting = [each for each in live if each.state == "open"]
    return Front(at=at, waiting=len(waiting), heads=_first(waiting) if len(waiting) > LONG else ())


def overdue(live: Iterable[CaseHead], *, at: str) -> Front:
    """Return the cases whose due time is past, the longest overdue first; a returned case has none."""
    late = [each for each in live if is_overdue(each, at=at)]
    return Front(at=at, waiting=len(late), heads=_first(late))


def is_overdue(head: CaseHead, *, at: str) -> bool:
    """Tell whether somebody should have seen to a case by now."""
    return head.state in {"open", "claimed"} and head.due_at < at


def _first(heads: Iterable[CaseHead]) -> tuple[CaseHead, ...]:
    return tuple(nsmallest(FRONT_KEPT, heads, key=lambda each: (each.due_at, each.opened_at, each.id)))


def overview(live: Iterable[CaseHead], days: Iterable[Tally], *, at: str) -> Overview:
    """Return the live cases and the last days in numbers."""
    states: dict[str, int] = {}
    procedures: dict[str, int] = {}
    late, oldest = 0, None
    for each in live:
        states[each.state] = states.get(each.state, 0) + 1
        procedures[each.procedure] = procedures.get(each.procedure, 0) + 1
        late += is_overdue(each, at=at)
        if oldest is None or each.opened_at < oldest.opened_at:
            oldest = each
    counted = tuple(days)
    return Overview(
        at=at,
        states=states,
        overdue=late,
        procedures=_largest_first(procedures),
        oldest=oldest,
        to_claim=_median([took for day in counted for took in day.to_claim]),
        to_close=_median([took for day in counted for took in day.to_close]),
        days=len(counted),
    )


def seconds(start: str, end: str) -> int:
    """Return the seconds between two stored times; 0 if one is not known."""
    if not start or not end:
        return 0
    return int((parse(end) - parse(start)).total_seconds())


def _median(values: list[int]) -> float | None:
    from statistics import median  # noqa: PLC0415 - the sweep's alone: a cold start of the slack function is spared it

    return float(median(values)) if values else None


def _largest_first(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))
