"""What was committed but not carried on: deliveries and imports whose wake-up was lost, or whose time has come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sop_core.times import iso, parse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sop_aws.deliveries import Delivery, Outbox
    from sop_aws.transfers import TransferStore
    from sop_aws.wake import DeliverQueue, ImportQueue

ROWS_A_SHARD: Final = 50
IMPORTS: Final = 25


@dataclass(frozen=True, kw_only=True)
class Found:
    """How many were woken, and how long the oldest has been waiting for somebody to carry it on."""

    woken: int
    oldest_seconds: float


def sweep_deliveries(outbox: Outbox, queue: DeliverQueue, *, now: datetime) -> Found:
    """Wake ``deliver`` once for each case with rows that are due, a bounded number at a time."""
    due: dict[str, Delivery] = {}
    for row in outbox.due_deliveries(now, limit=ROWS_A_SHARD):
        due.setdefault(row.case, row)
    for row in due.values():
        # With the minute in it: the row's own wake-up may have been swallowed or spent without effect.
        queue.wake(row.case, row.channel, f"{row.dedup}#{now:%Y%m%dT%H%M}", request=row.request)
    # Not from when it is tried next: while Slack is silent each try moves that on.
    due_since = (row.revived_at or row.created_at for row in due.values())
    return Found(woken=len(due), oldest_seconds=_oldest(due_since, now))


def sweep_imports(transfers: TransferStore, queue: ImportQueue, *, now: datetime) -> Found:
    """Wake ``import_sheet`` for each import that is unfinished and in nobody's hands."""
    due = transfers.jobs.due(iso(now), limit=IMPORTS)
    for record in due:
        queue.wake(record.id, request=record.request)
    return Found(woken=len(due), oldest_seconds=_oldest((each.updated_at or each.created_at for each in due), now))


def _oldest(since: Iterable[str], now: datetime) -> float:
    return max(((now - parse(at)).total_seconds() for at in since), default=0.0)
