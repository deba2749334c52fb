"""``python -m infra.replay --stack NAME``: dead deliveries and dead letters of a deployed stack are tried again.

For when what killed them is mended: the app is back in its channel, say. Dead letters are the messages on which a
function failed every time: they go back to their queues. Credentials and region are the AWS command line's.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

import boto3
import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from infra.deployed import NoSopDesk, outputs
from sop_aws.clients import PATIENT
from sop_aws.deliveries import Outbox
from sop_aws.replay import put_back, replay
from sop_aws.times import system_clock
from sop_aws.wake import DeliverQueue

if TYPE_CHECKING:
    from collections.abc import Sequence


class Outputs(msgspec.Struct, frozen=True, rename="pascal"):
    """What a replay needs to know of a stack."""

    cases_table: str
    deliver_queue_url: str
    import_queue_url: str
    publish_queue_url: str

    @property
    def queues(self) -> tuple[str, ...]:
        """The queues that have dead letters."""
        return (self.deliver_queue_url, self.import_queue_url, self.publish_queue_url)


def main(argv: Sequence[str]) -> int:
    """Replay, and say how many deliveries and letters were dead."""
    parser = argparse.ArgumentParser(prog="python -m infra.replay", description=__doc__)
    parser.add_argument("--stack", help="the stack's name, e.g. sop-desk")
    stack = parser.parse_args(argv).stack
    if not stack:
        sys.stderr.write("Which stack? make replay STACK=sop-desk\n")
        return 2
    try:
        where = outputs(stack, Outputs)
        outbox = Outbox(boto3.client("dynamodb", config=PATIENT), where.cases_table)
        sqs = boto3.client("sqs", config=PATIENT)
        revived = replay(outbox, DeliverQueue(sqs, where.deliver_queue_url), now=system_clock())
        letters = sum(put_back(sqs, url) for url in where.queues)
    except NoSopDesk as other:
        sys.stderr.write(f"{other}\n")
        return 2
    except (BotoCoreError, ClientError) as error:
        # What was revived by then is pending, and the sweep wakes it; a repeat goes on with the rest.
        sys.stderr.write(f"What is dead in {stack} could not all be revived: {error}\n")
        return 1
    sys.stdout.write(f"{revived} dead deliveries revived, {letters} dead letters put back.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
