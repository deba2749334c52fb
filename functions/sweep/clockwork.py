"""What time does to cases: reminders that are due, dates under a changed calendar, and the numbers for leads."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from sop_aws.cases import CaseChanged
from sop_aws.deliveries import outbox
from sop_core.cases import lifecycle, transitions
from sop_core.cases.case import OVER
from sop_core.cases.clock import fingerprint, planned, to_send
from sop_core.cases.deadlines import in_office_hours
from sop_core.cases.overview import Tally, added, front, overdue, overview, tally
from sop_core.times import iso, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sop_aws.cases import CaseStore
    from sop_aws.deliveries import Delivery
    from sop_aws.queue import CaseQueue
    from sop_aws.wake import DeliverQueue
    from sop_core.cases.case import Case
    from sop_core.cases.deadlines import Calendar
    from sop_core.cases.overview import CaseHead, Overview
    from sop_core.settings import Settings

CASES_A_SHARD: Final = 25
REPLANNED: Final = 200
"""A minute's share, so that a changed calendar of thousands of cases keeps no reminder waiting."""
DAYS_COUNTED: Final = 7
INDEX_LAGS: Final = timedelta(minutes=5)
"""Far longer than an index is behind its table: what is older than this is all there."""
KEPT_EVERY: Final = timedelta(minutes=10)
TALLY_KEPT: Final = timedelta(days=30)


class Unreadable(Exception):
    """Some cases could not be read, or take no reminder; everybody else was reminded."""

    def __init__(self, count: int) -> None:
        """Carry how many."""
        super().__init__(f"{count} could not be read")


def send_reminders(
    cases: CaseStore, queue: CaseQueue, deliver: DeliverQueue, settings: Settings, *, now: datetime
) -> int:
    """Write each reminder that is due, with its delivery, as one change of its case: so it goes out once or not yet.

    Returns how many cases were reminded of.

    :raises Unreadable: once all others are done, if cases of another release, say, could not be read or reminded of.
    """
    if not in_office_hours(now, settings.calendar):
        return 0
    reminded = unreadable = 0
    for case_id in list(queue.to_remind(now, limit=CASES_A_SHARD)):
        try:
            case = cases.get(case_id)
            is_reminded = case is not None and _remind(cases, case, deliver, settings, now=now)
        except (msgspec.MsgspecError, transitions.NotAllowed):
            unreadable += 1
            continue
        reminded += is_reminded
    if unreadable:
        raise Unreadable(unreadable)
    return reminded


def _remind(cases: CaseStore, case: Case, deliver: DeliverQueue, settings: Settings, *, now: datetime) -> bool:
    current = planned(case, settings.calendar)
    kinds = to_send(current, now, settings.calendar)
    if not kinds:
        if current != case:
            cases.keep(current)
        return False
    leads = settings.roles.get("lead", ())
    changed, event = lifecycle.remind(current, kinds, leads=leads, at=iso(now), calendar=settings.calendar)
    only_soon = kinds == ("soon",)
    rows = outbox(changed, *(("dm",) if only_soon else ("card", "thread")), at=event.at, person=case.assignee)
    try:
        cases.change(changed, event, rows)
    except CaseChanged:
        # Somebody acted in this very moment: the next minute sees what is left to remind of.
        return False
    _wake(deliver, rows)
    return True


def replan(
    cases: CaseStore, live: Iterable[CaseHead], deliver: DeliverQueue, calendar: Calendar, *, now: datetime
) -> None:
    """Bring the dates of live cases to the calendar as it is now, a bounded number a minute."""
    wanted = fingerprint(calendar)
    outdated = [head.id for head in live if head.planned_by != wanted][:REPLANNED]
    for case_id in outdated:
        _replan(cases, case_id, deliver, calendar, now=now)


def _replan(cases: CaseStore, case_id: str, deliver: DeliverQueue, calendar: Calendar, *, now: datetime) -> None:
    case = cases.get(case_id)
    if case is None or case.state in OVER:
        return
    changed, event = lifecycle.replan(case, at=iso(now), calendar=calendar)
    if event is None:
        cases.keep(changed)
        return
    rows = outbox(changed, "card", at=event.at)
    try:
        cases.change(changed, event, rows)
    except CaseChanged:
        return
    _wake(deliver, rows)


def count(queue: CaseQueue, live: Sequence[CaseHead], *, now: datetime) -> Overview:
    """Count the live cases and the last days, for the leads' Home; return the numbers."""
    days = [(now - timedelta(days=back)).date().isoformat() for back in range(DAYS_COUNTED)]
    numbers = overview(live, [_counted(queue, day, now=now) for day in days], at=iso(now))
    queue.put_overview(numbers)
    queue.put_front(front(live, at=iso(now)))
    queue.put_overdue(overdue(live, at=iso(now)))
    return numbers


def _counted(queue: CaseQueue, day: str, *, now: datetime) -> Tally:
    """Return the numbers of a day. What was counted is kept now and then, so that no minute reads a whole day again."""
    stored = queue.tally(day)
    kept = stored if stored and stored.until else Tally()  # an older release did not say until when it had counted
    if kept.until[:10] > day:
        return kept
    settled = iso(now - INDEX_LAGS)
    new = tuple(queue.events_on(day, since=kept.until or "0"))
    if settled[:10] > day or not kept.until or parse(kept.until) + KEPT_EVERY <= parse(settled):
        old = tally(event for event in new if event.at < settled)
        queue.put_tally(day, added(kept, old, until=settled), expires_at=int((now + TALLY_KEPT).timestamp()))
    return added(kept, tally(new), until=iso(now))


def _wake(deliver: DeliverQueue, rows: Sequence[Delivery]) -> None:
    deliver.wake(rows[0].case, rows[0].channel, rows[0].dedup, request=rows[0].request)
