"""Dead deliveries revived, once what killed them is mended: ``make replay``, or an admin's button."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sop_aws.times import iso

if TYPE_CHECKING:
    from datetime import datetime

    from sop_aws.cases import CaseStore
    from sop_aws.wake import DeliverQueue


def replay(cases: CaseStore, queue: DeliverQueue, *, now: datetime, limit: int | None = None) -> int:
    """Make dead rows (up to ``limit``) pending again, wake each case, and return how many rows there were."""
    revived = [row for row in cases.dead_deliveries(limit=limit) if cases.revive(row, now=now)]
    for row in {row.case: row for row in reversed(revived)}.values():
        queue.wake(row.case, row.channel, f"{row.dedup}#{iso(now)}", request=row.request)
    return len(revived)
