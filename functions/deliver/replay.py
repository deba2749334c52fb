"""Dead deliveries revived, once what killed them is mended: ``make replay``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sop_aws.times import iso

if TYPE_CHECKING:
    from datetime import datetime

    from sop_aws.cases import CaseStore
    from sop_aws.wake import DeliverQueue


def replay(cases: CaseStore, queue: DeliverQueue, *, now: datetime) -> int:
    """Make every dead row pending again, wake its case, and return how many there were."""
    revived = [row for row in cases.dead_deliveries() if cases.revive(row, now=now)]
    for row in revived:
        queue.wake(row.case, row.channel, f"{row.dedup}#{iso(now)}")
    return len(revived)
