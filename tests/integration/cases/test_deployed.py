"""The deployed deliver and sweep functions, with their queues, layers and environment, on the local AWS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from infra.local.aws import CREDENTIALS
from infra.local.stack import RELEASED, ROOT, STACK
from sop_aws.cases import CaseStore
from sop_aws.deliveries import outbox
from sop_aws.queue import CaseQueue
from sop_aws.runs import RunStore
from sop_aws.wake import DeliverQueue
from tests.builders.desk import a_run, an_opened_case
from tests.standin.slack import Fault, Slack, slack_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.stack import Stack
    from sop_aws.deliveries import Delivery

POST = "chat.postMessage"
LONG_AGO = "2020-01-01T00:00:00Z"
"""Due whatever the clock of this machine says."""

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def slack(stack: Stack) -> Iterator[Slack]:
    with slack_server() as running:
        stack.point_at_slack(running.url)
        yield running


@pytest.fixture
def queue(stack: Stack) -> DeliverQueue:
    return DeliverQueue(stack.aws.client("sqs"), stack.outputs.deliver_queue_url)


def committed(stack: Stack) -> Delivery:
    """Open a case as the slack function does, up to the commit."""
    dynamodb, table = stack.aws.client("dynamodb"), stack.outputs.cases_table
    run = RunStore(dynamodb, table).create(a_run(f"run-{uuid4()}"))
    case, event = an_opened_case(run.id)
    (card,) = outbox(case, "card", at=LONG_AGO)
    CaseStore(dynamodb, table).open(case, event, [card], run)
    return card


def posted(slack: Slack, row: Delivery) -> bool:
    return any(m["metadata"]["event_payload"] == {"delivery": row.id} for m in slack.messages)


def test_woken(stack: Stack, queue: DeliverQueue, slack: Slack) -> None:
    """A committed case whose wake-up is sent gets its card."""
    row = committed(stack)
    queue.wake(row.case, row.channel, row.dedup)

    slack.wait_until(lambda: posted(slack, row), seconds=30)


def sweep(stack: Stack) -> dict[str, Any]:
    """Call the sweep, and wait for it."""
    name = stack.outputs.sweep_function
    answer: dict[str, Any] = stack.aws.client("lambda").invoke(FunctionName=name, Qualifier=RELEASED, Payload=b"{}")
    return answer


def test_swept(stack: Stack, slack: Slack) -> None:
    """A committed case whose wake-up was lost gets its card from the sweep."""
    row = committed(stack)
    answer = sweep(stack)

    assert "FunctionError" not in answer
    slack.wait_until(lambda: posted(slack, row), seconds=30)


def test_counted(stack: Stack) -> None:
    """The sweep counts the live cases for the leads' Home, and remembers the days that are over."""
    committed(stack)
    answer = sweep(stack)
    numbers = CaseQueue(stack.aws.client("dynamodb"), stack.outputs.cases_table).overview()

    assert "FunctionError" not in answer
    assert numbers is not None
    assert numbers.states["open"] >= 1
    assert numbers.days == 7


def test_poison(stack: Stack, queue: DeliverQueue, slack: Slack) -> None:
    """A message that says nothing does not keep its channel from being delivered."""
    poison = json.dumps({"nothing": "to deliver"})
    group = f"C0{uuid4().hex}"  # no other test waits behind it
    stack.aws.client("sqs").send_message(
        QueueUrl=stack.outputs.deliver_queue_url,
        MessageBody=poison,
        MessageGroupId=group,
        MessageDeduplicationId=str(uuid4()),
    )
    row = committed(stack)
    queue.wake(row.case, group, row.dedup)

    slack.wait_until(lambda: posted(slack, row), seconds=60)


def test_asked_to_wait(stack: Stack, queue: DeliverQueue, slack: Slack) -> None:
    """After 429 the message comes back by itself when Slack said, and the card is posted once."""
    row = committed(stack)
    slack.faults.append(Fault(method=POST, status=429, error="ratelimited", retry_after=1))
    queue.wake(row.case, row.channel, row.dedup)

    slack.wait_until(lambda: posted(slack, row), seconds=30)
    assert len([m for m in slack.messages if m["metadata"]["event_payload"] == {"delivery": row.id}]) == 1


def test_revived(stack: Stack, slack: Slack) -> None:
    """What Slack refused for good is posted after ``make replay``, which is told nothing but the stack's name."""
    row = committed(stack)
    slack.faults.append(Fault(method=POST, error="is_archived"))
    deliver_at_once(stack, row)
    assert not posted(slack, row)

    assert replay(stack, STACK)[1].startswith("1 dead deliveries revived, ")
    slack.wait_until(lambda: posted(slack, row), seconds=30)
    assert replay(stack, STACK)[1].startswith("0 dead deliveries revived, ")


def test_no_such_stack(stack: Stack) -> None:
    """A name that AWS does not know is one line, with where it was looked for."""
    status, said, told = replay(stack, "sop-dusk")

    assert (status, said) == (2, "")
    (line,) = told.splitlines()
    assert line.startswith("There is no stack sop-dusk in us-east-1 ")


def deliver_at_once(stack: Stack, row: Delivery) -> None:
    """Call the deliver function as its queue does, and wait for it."""
    body = json.dumps({"case": row.case})
    record = {"messageId": "-", "receiptHandle": "-", "body": body, "attributes": {"MessageGroupId": row.channel}}
    answer = stack.aws.client("lambda").invoke(
        FunctionName=stack.outputs.deliver_function, Qualifier=RELEASED, Payload=json.dumps({"Records": [record]})
    )
    assert json.load(answer["Payload"]) == {"batchItemFailures": []}


def replay(stack: Stack, name: str) -> tuple[int, str, str]:
    environment = {"PATH": os.environ["PATH"], "AWS_ENDPOINT_URL": stack.aws.endpoint, **CREDENTIALS}
    command = [sys.executable, "-m", "infra.replay", "--stack", name]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr
