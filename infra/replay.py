"""``python -m infra.replay --stack NAME``: dead deliveries of a deployed stack are tried again.

For when what killed them is mended: the app is back in its channel, say. Credentials and region are the AWS command
line's.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

import boto3
import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from infra.deployed import NotSopDesk, outputs
from sop_aws.cases import CaseStore
from sop_aws.clients import PATIENT
from sop_aws.replay import replay
from sop_aws.times import system_clock
from sop_aws.wake import DeliverQueue

if TYPE_CHECKING:
    from collections.abc import Sequence


class Outputs(msgspec.Struct, frozen=True, rename="pascal"):
    """What a replay needs to know of a stack."""

    cases_table: str
    deliver_queue_url: str


def main(argv: Sequence[str]) -> int:
    """Replay, and say how many deliveries were dead."""
    parser = argparse.ArgumentParser(prog="python -m infra.replay", description=__doc__)
    parser.add_argument("--stack", required=True, help="the stack's name, e.g. sop-desk")
    stack = parser.parse_args(argv).stack
    try:
        where = outputs(stack, Outputs)
        cases = CaseStore(boto3.client("dynamodb", config=PATIENT), where.cases_table)
        queue = DeliverQueue(boto3.client("sqs", config=PATIENT), where.deliver_queue_url)
        revived = replay(cases, queue, now=system_clock())
    except NotSopDesk as other:
        sys.stderr.write(f"{other}\n")
        return 2
    except (BotoCoreError, ClientError) as error:
        # What was revived by then is pending, and the sweep wakes it; a repeat goes on with the rest.
        sys.stderr.write(f"The dead deliveries of {stack} could not all be revived: {error}\n")
        return 1
    sys.stdout.write(f"{revived} dead deliveries revived.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
