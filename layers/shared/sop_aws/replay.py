"""Dead deliveries revived, and dead letters put back, once what killed them is mended: ``make replay``.

An admin's button revives deliveries too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from sop_core.times import iso

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

    from sop_aws.deliveries import Outbox
    from sop_aws.wake import DeliverQueue

AT_A_TIME: Final = 10
LOOKS_FOR: Final = 2
"""Seconds: an answer at once comes from some of SQS's servers only, which may know of no letter where there are few.

SQS: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
"""
MOST_LETTERS: Final = 10_000
"""In one go: what fails again comes back here, and must not be put back for ever."""


class RedrivePolicy(msgspec.Struct, frozen=True, rename="camel"):
    """Where a queue's messages go that fail every time."""

    dead_letter_target_arn: str


def replay(outbox: Outbox, queue: DeliverQueue, *, now: datetime, limit: int | None = None) -> int:
    """Make dead rows (up to ``limit``) pending again, wake each case, and return how many rows there were."""
    revived = [row for row in outbox.dead_deliveries(limit=limit) if outbox.revive(row, now=now)]
    for row in {row.case: row for row in reversed(revived)}.values():
        queue.wake(row.case, row.channel, f"{row.dedup}#{iso(now)}", request=row.request)
    return len(revived)


def put_back(client: SQSClient, url: str, *, looks_for: int = LOOKS_FOR) -> int:
    """Put the dead letters of a queue back into it, the oldest first, and return how many there were.

    Of an empty queue it is sure after ``looks_for`` seconds. One that was put back and then not deleted, since the
    command was ended, is put back twice: workers take that.
    """
    policy = client.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])["Attributes"]["RedrivePolicy"]
    dead = msgspec.json.decode(policy, type=RedrivePolicy).dead_letter_target_arn
    letters = client.get_queue_url(QueueName=dead.rpartition(":")[2])["QueueUrl"]
    count = 0
    for letter in _letters(client, letters, looks_for):
        client.send_message(QueueUrl=url, MessageBody=letter["Body"], **_place(letter))
        client.delete_message(QueueUrl=letters, ReceiptHandle=letter["ReceiptHandle"])
        count += 1
    return count


def _letters(client: SQSClient, url: str, looks_for: int) -> Iterator[MessageTypeDef]:
    for _ in range(MOST_LETTERS // AT_A_TIME):
        answer = client.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=AT_A_TIME,
            MessageSystemAttributeNames=["MessageGroupId"],
            WaitTimeSeconds=looks_for,
        )
        if not (found := answer.get("Messages")):
            return
        yield from found


def _place(letter: MessageTypeDef) -> dict[str, Any]:
    """Return where a message stands in a FIFO queue; by its new id it is no repeat of the one that failed."""
    group = letter.get("Attributes", {}).get("MessageGroupId")
    return {"MessageGroupId": group, "MessageDeduplicationId": f"replay#{letter['MessageId']}"} if group else {}
