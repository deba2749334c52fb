"""A report on its way: counted from the events, written as a workbook, for whoever asked."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from sop_aws.procedures import VersionUnavailable
from sop_core.cases.names import named_event
from sop_core.cases.report import RunEnd, days_of, report
from sop_core.guidance import UnknownName, guidance
from sop_core.times import parse
from sop_http.slack_files import NewFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sop_aws.deliveries import Delivery
    from sop_aws.queue import CaseQueue
    from sop_aws.runs import Run
    from sop_core.cases.case import CaseEvent
    from sop_core.guidance import Procedure
    from sop_core.settings import Settings

    DayOf = Callable[[str], str]

OTHER_VERSION: Final = "(an older version of the procedure)"
FORGOTTEN: Final = "(the customer was forgotten)"
LOOKED_UP: Final = "(only looked up)"


class Reporter:
    """Makes the reports that people asked for."""

    def __init__(
        self,
        queue: CaseQueue,
        settings: Callable[[], Settings],
        *,
        version_of: Callable[[Run], Procedure],
        name_of: Callable[[str, str], str],
    ) -> None:
        """Take the events, the settings (for the zone), the version of each run, and what people are called."""
        self._queue = queue
        self._settings = settings
        self._version_of = version_of
        self._name_of = name_of

    def made(self, row: Delivery) -> NewFile:
        """Return the report that a row of the outbox asks for."""
        from functions.deliver.workbook import workbook  # noqa: PLC0415 - slow to import: only a report pays for it

        period = row.about or "week"
        day_of = _day_of(ZoneInfo(self._settings().calendar.zone))
        days = days_of(date.fromisoformat(day_of(row.created_at)), period)
        numbers = report(self._events(days, day_of), self._runs(days, day_of), days, day_of=day_of)
        name = f"cases {numbers.first} to {numbers.last}.xlsx"
        words = f"Cases from {numbers.first} to {numbers.last}: {sum(p.opened for p in numbers.procedures)} opened."
        return NewFile(name, workbook(numbers), words)

    def _events(self, days: tuple[str, ...], day_of: DayOf) -> list[CaseEvent]:
        events = (event for day in _utc_days(days) for event in self._queue.events_on(day))
        return [named_event(event, self._name_of) for event in events if day_of(event.at) in days]

    def _runs(self, days: tuple[str, ...], day_of: DayOf) -> Iterator[RunEnd]:
        """Yield how the runs ended, one at a time: a busy month has a hundred thousand."""
        for each in _utc_days(days):
            for run in self._queue.runs_on(each):
                day = day_of(run.started_at)
                if day in days:
                    yield self._end(run, day)

    def _end(self, run: Run, day: str) -> RunEnd:
        if run.erased_at:
            return RunEnd(procedure=run.procedure, day=day, path=FORGOTTEN)
        if not run.is_begun:
            return RunEnd(procedure=run.procedure, day=day, path=LOOKED_UP)
        try:
            told = guidance(self._version_of(run), run.facts)
        except (UnknownName, VersionUnavailable):
            return RunEnd(procedure=run.procedure, day=day, path=OTHER_VERSION)
        path = " > ".join(step.id for step in told.steps)
        stopped = told.ask.question if told.ask is not None else ("not finished" if run.state != "done" else None)
        return RunEnd(procedure=run.procedure, day=day, path=path or "(start)", stopped_at=stopped)


def _day_of(zone: ZoneInfo) -> DayOf:
    """Return what says on which day of the office a stored moment is."""
    return lambda at: parse(at).astimezone(zone).date().isoformat()


def _utc_days(days: tuple[str, ...]) -> tuple[str, ...]:
    """Return the days of UTC that the office's days touch."""
    first, last = (parse(f"{day}T00:00:00+00:00") for day in (days[0], days[-1]))
    before, after = (first - timedelta(days=1)).date().isoformat(), (last + timedelta(days=1)).date().isoformat()
    return (before, *days, after)
