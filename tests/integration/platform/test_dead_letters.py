"""A message on which a function fails every time: the rest go through, it is set aside, told, and can be put back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import pytest

from infra.local.stack import STACK
from sop_aws.times import system_clock
from sop_aws.wake import DeliverQueue, Publication, PublishQueue
from sop_core.procedures import reading
from sop_core.times import iso
from tests.integration.cases.test_deployed import committed, posted, replay
from tests.standin.slack import Fault, Slack, slack_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.stack import Stack

pytestmark = pytest.mark.stack

SHIPPED: Final = (reading.HERE / "supporting_documents.yaml").read_text(encoding="utf-8")
NONSENSE: Final = '{"nothing": "to do"}'
FAILING: Final = 4
"""Calls of a method that three tries make, and the telling of the third; what is told once more goes through."""


@pytest.fixture(scope="module")
def slack(stack: Stack) -> Iterator[Slack]:
    with slack_server() as running:
        stack.point_at_slack(running.url)
        yield running


class Letters:
    """A queue of the stack with its dead letters, its clock turned up for the test."""

    def __init__(self, stack: Stack, url: str, **quicker: str) -> None:
        self.sqs, self.url = stack.aws.client("sqs"), url
        attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        policy = json.loads(attributes["RedrivePolicy"])
        self.receives = int(policy["maxReceiveCount"])
        self.name = policy["deadLetterTargetArn"].rpartition(":")[2]
        self.dead = self.sqs.get_queue_url(QueueName=self.name)["QueueUrl"]
        if "maxReceiveCount" in quicker:
            policy["maxReceiveCount"] = quicker.pop("maxReceiveCount")
            quicker["RedrivePolicy"] = json.dumps(policy)
        self.before = {name: attributes[name] for name in quicker}
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes=quicker)

    def arrived(self, words: str) -> bool:
        """Wait until a message that says this is among the dead letters; others' letters are thrown away.

        With fewer receives allowed than before, a wake-up that another test left waiting is one. Left there, it would
        answer every look at once, and nothing would be waited for.
        """
        for _ in range(30):
            answer = self.sqs.receive_message(
                QueueUrl=self.dead, MaxNumberOfMessages=10, WaitTimeSeconds=2, VisibilityTimeout=0
            )
            for message in answer.get("Messages", ()):
                if words in message["Body"]:
                    return True
                self.sqs.delete_message(QueueUrl=self.dead, ReceiptHandle=message["ReceiptHandle"])
        return False

    def close(self) -> None:
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes=self.before)
        self.sqs.purge_queue(QueueUrl=self.dead)


def told(slack: Slack) -> list[str]:
    """Return what an admin is told of a publication, by the words that tell its outcome."""
    outcomes = ("for a reason of ours", "have already")
    return [words for each in slack.messages for words in outcomes if words in each["text"]]


def alarmed(stack: Stack, queue: str) -> list[dict[str, Any]]:
    """Return the alarms that watch a queue."""
    found: list[dict[str, Any]] = stack.aws.client("cloudwatch").describe_alarms()["MetricAlarms"]
    return [each for each in found if {"Name": "QueueName", "Value": queue} in each.get("Dimensions", ())]


def test_a_poison_wake_up_is_set_aside_and_its_channel_goes_on(stack: Stack, slack: Slack) -> None:
    letters = Letters(stack, stack.outputs.deliver_queue_url, maxReceiveCount="2")
    try:
        channel = f"C0{uuid4().hex}"
        place = {"MessageGroupId": channel, "MessageDeduplicationId": str(uuid4())}
        letters.sqs.send_message(QueueUrl=letters.url, MessageBody=NONSENSE, **place)
        row = committed(stack)
        DeliverQueue(letters.sqs, letters.url).wake(row.case, channel, row.dedup)

        slack.wait_until(lambda: posted(slack, row), seconds=60)
        assert letters.arrived(NONSENSE)
        (alarm,) = alarmed(stack, letters.name)
        assert (alarm["MetricName"], alarm["Threshold"]) == ("ApproximateNumberOfMessagesVisible", 0)
    finally:
        letters.close()


def test_a_publication_that_failed_every_time_is_told_and_put_back_by_one_command(stack: Stack, slack: Slack) -> None:
    """The message is the whole job: its admin hears that it failed, and once it is mended it goes on by itself."""
    letters = Letters(stack, stack.outputs.publish_queue_url, VisibilityTimeout="3")
    try:
        assert letters.receives == 4
        slack.stored["FPROC"] = ("supporting_documents.yaml", SHIPPED.encode())
        slack.faults.extend(Fault(method="conversations.open", error="fatal_error") for _ in range(FAILING))
        job = Publication(uuid4().hex, "U0ADMIN01", "FPROC", None, iso(system_clock()))
        PublishQueue(letters.sqs, letters.url).put(job)
        assert letters.arrived(job.id)
        assert told(slack) == ["for a reason of ours"]
        assert len(alarmed(stack, letters.name)) == 1

        assert replay(stack, STACK) == (0, "0 dead deliveries revived, 1 dead letters put back.\n", "")
        slack.wait_until(lambda: told(slack) == ["have already"], seconds=60)
    finally:
        letters.close()
