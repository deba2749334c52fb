"""Dead deliveries of a deployed stack are revived from a checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import boto3
import pytest
from moto import mock_aws

from infra import replay
from sop_aws.replay import put_back

ROOT: Final = Path(__file__).parents[3]


class Queues:
    """A queue of SQS with its dead letters; a message is handed out ``receives`` times at most."""

    def __init__(self, *, fifo: bool, receives: int) -> None:
        self.sqs, end = boto3.client("sqs", region_name="us-east-1"), ".fifo" if fifo else ""
        kind: dict[Any, str] = {"FifoQueue": "true"} if fifo else {}
        self.dead = self.sqs.create_queue(QueueName=f"dead{end}", Attributes=kind)["QueueUrl"]
        policy = {"deadLetterTargetArn": f"arn:aws:sqs:us-east-1:123456789012:dead{end}", "maxReceiveCount": receives}
        attributes: dict[Any, str] = {**kind, "VisibilityTimeout": "0", "RedrivePolicy": json.dumps(policy)}
        self.live = self.sqs.create_queue(QueueName=f"live{end}", Attributes=attributes)["QueueUrl"]
        self.fifo = fifo

    def send(self, body: str) -> None:
        place: Any = {"MessageGroupId": "C1", "MessageDeduplicationId": "once"} if self.fifo else {}
        self.sqs.send_message(QueueUrl=self.live, MessageBody=body, **place)

    def received(self, url: str) -> list[str]:
        answer = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [message["Body"] for message in answer.get("Messages", ())]


@pytest.mark.parametrize("fifo", [True, False], ids=["fifo", "standard"])
def test_dead_letters_go_back_to_their_queue(fifo: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001 - the table's
    """What failed as often as it may is handed out again, with the same words and in its channel's group."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "stand-in")
    with mock_aws():
        queues = Queues(fifo=fifo, receives=2)
        queues.send('{"case": "SOP-1"}')
        while queues.received(queues.live):
            pass
        assert queues.received(queues.dead) == ['{"case": "SOP-1"}']

        asked: list[dict[str, Any]] = []
        queues.sqs.meta.events.register(
            "provide-client-params.sqs.ReceiveMessage", lambda params, **_: asked.append(params)
        )
        assert put_back(queues.sqs, queues.live, looks_for=1) == 1
        # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
        assert {each["WaitTimeSeconds"] for each in asked} == {1}, "SQS's short answers miss what is there"
        assert queues.received(queues.dead) == []
        assert queues.received(queues.live) == ['{"case": "SOP-1"}']
        assert put_back(queues.sqs, queues.live, looks_for=0) == 0


def test_from_a_checkout(tmp_path: Path) -> None:
    """Nothing but the checkout is needed to start it; what AWS's tools lack is said in one line."""
    bare = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "AWS_EC2_METADATA_DISABLED": "true"}
    command = [sys.executable, "-m", "infra.replay", "--stack", "desk"]
    done = subprocess.run(command, cwd=ROOT, env=bare, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line == "No AWS region is set: AWS_DEFAULT_REGION, or AWS_PROFILE with a profile that has one."


def test_which_stack(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a stack's name one is told what to type."""
    assert replay.main([]) == 2
    assert capsys.readouterr().err == "Which stack? make replay STACK=sop-desk\n"
