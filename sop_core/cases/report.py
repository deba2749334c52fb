"""A period in numbers, all of them from the events and the runs: whoever has these can compute them again."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING

import msgspec

from sop_core.cases.case import OVER, CaseEvent
from sop_core.cases.overview import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

PERIODS = {"week": 7, "month": 30}


class RunEnd(msgspec.Struct, frozen=True, kw_only=True):
    """How far a run came: ``path`` are the steps that were told, ``stopped_at`` the question that nobody answered."""

    procedure: str
    day: str
    path: str
    stopped_at: str | None = None


class Times(msgspec.Struct, frozen=True):
    """How long something took, in hours; nothing where it never happened."""

    count: int
    median: float | None
    longest: float | None


class ProcedureNumbers(msgspec.Struct, frozen=True, kw_only=True):
    """The cases of one procedure."""

    procedure: str
    opened: int
    outcomes: dict[str, int]
    to_claim: Times
    to_close: Times
    overdue: int
    returned: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What the workbook shows."""

    first: str
    last: str
    procedures: tuple[ProcedureNumbers, ...]
    days: tuple[tuple[str, int, int], ...]
    paths: tuple[tuple[str, str, int], ...]
    stops: tuple[tuple[str, str, int], ...]
    events: tuple[CaseEvent, ...]


def days_of(last: date, period: str) -> tuple[str, ...]:
    """Return the days of the period that ends with ``last``, in order."""
    count = PERIODS[period]
    return tuple((last - timedelta(days=back)).isoformat() for back in reversed(range(count)))


def report(
    events: Sequence[CaseEvent], runs: Iterable[RunEnd], days: Sequence[str], *, day_of: Callable[[str], str]
) -> Report:
    """Count a period; ``day_of`` says on which of the office's ``days`` a stored time is."""
    names = sorted({event.procedure for event in events if event.procedure})
    on = Counter((day_of(event.at), event.action) for event in events)
    ends: Counter[tuple[str, str]] = Counter()
    stops: Counter[tuple[str, str]] = Counter()
    for run in runs:
        if run.stopped_at is None:
            ends[run.procedure, run.path] += 1
        else:
            stops[run.procedure, run.stopped_at] += 1
    return Report(
        first=days[0],
        last=days[-1],
        procedures=tuple(_numbers(name, [each for each in events if each.procedure == name]) for name in names),
        days=tuple((day, on[day, "open"], on[day, "close"]) for day in days),
        paths=tuple((procedure, path, count) for (procedure, path), count in ends.most_common()),
        stops=tuple((procedure, fact, count) for (procedure, fact), count in stops.most_common()),
        events=tuple(events),
    )


def _numbers(name: str, events: Sequence[CaseEvent]) -> ProcedureNumbers:
    ended = [event for event in events if event.to_state in OVER and event.from_state != event.to_state]
    claims = [event for event in events if event.from_state == "open" and event.to_state == "claimed"]
    closes = [event for event in events if event.action == "close"]
    return ProcedureNumbers(
        procedure=name,
        opened=sum(event.action == "open" for event in events),
        outcomes=dict(sorted(Counter(event.reason or event.to_state for event in ended).items())),
        to_claim=_times(claims),
        to_close=_times(closes),
        overdue=len({event.case for event in events if _was_late(event)}),
        returned=sum(event.action == "return" for event in events),
    )


def _was_late(event: CaseEvent) -> bool:
    """Tell whether a case was closed after its due time, or its due time was called while it was open."""
    if event.action == "remind":
        return "due" in (event.reason or "").split(",")
    return event.action == "close" and event.due_at is not None and event.at > event.due_at


def _times(events: Iterable[CaseEvent]) -> Times:
    from statistics import median  # noqa: PLC0415 - deliver's alone: a cold start of the slack function is spared it

    hours = [seconds(event.clock_from, event.at) / 3600 for event in events]
    return Times(len(hours), round(median(hours), 2), round(max(hours), 2)) if hours else Times(0, None, None)
