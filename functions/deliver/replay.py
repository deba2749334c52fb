"""Dead deliveries revived, once what killed them is mended: ``python -m functions.deliver.replay``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from sop_aws import clients
from sop_aws.cases import CaseStore
from sop_aws.config import Config
from sop_aws.times import iso, system_clock
from sop_aws.wake import DeliverQueue

if TYPE_CHECKING:
    from datetime import datetime


class ReplayConfig(Config, frozen=True, kw_only=True):
    """What a replay needs."""

    cases_table: str
    deliver_queue_url: str


def replay(cases: CaseStore, queue: DeliverQueue, *, now: datetime) -> int:
    """Make every dead row pending again, wake its case, and return how many there were."""
    revived = [row for row in cases.dead_deliveries() if cases.revive(row, now=now)]
    for row in revived:
        queue.wake(row.case, row.channel, f"{row.dedup}#{iso(now)}")
    return len(revived)


def main() -> None:
    """Replay in the environment's stack."""
    config = ReplayConfig.from_environment()
    cases = CaseStore(clients.dynamodb(clients.PATIENT), config.cases_table)
    queue = DeliverQueue(clients.sqs(clients.PATIENT), config.deliver_queue_url)
    revived = replay(cases, queue, now=system_clock())
    sys.stdout.write(f"{revived} dead deliveries revived\n")


if __name__ == "__main__":
    main()
