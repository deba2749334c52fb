"""The deployed deliver and sweep functions, with their queues, layers and environment, on the local AWS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from infra.local.stack import MINISTACK, SAM, open_stack
from sop_aws.cases import CaseStore
from sop_aws.deliveries import outbox
from sop_aws.runs import RunStore
from sop_aws.wake import DeliverQueue
from tests.builders.desk import CHANNEL, a_run, an_opened_case
from tests.standin.aws import BOT_TOKEN, SIGNING_SECRET
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
def slack() -> Iterator[Slack]:
    with slack_server() as running:
        yield running


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, slack: Slack) -> Iterator[Stack]:
    if not (MINISTACK.exists() and SAM.exists()):
        pytest.skip("no local AWS: make setup installs it")
    with open_stack(tmp_path_factory.mktemp("stack"), say=lambda _: None) as running:
        running.put_secrets(signing_secret=SIGNING_SECRET, bot_token=BOT_TOKEN)
        running.point_at_slack(slack.url)
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


def test_swept(stack: Stack, slack: Slack) -> None:
    """A committed case whose wake-up was lost gets its card from the sweep."""
    row = committed(stack)
    answer = stack.aws.client("lambda").invoke(FunctionName=stack.outputs.sweep_function, Payload=b"{}")

    assert "FunctionError" not in answer
    slack.wait_until(lambda: posted(slack, row), seconds=30)


def test_poison(stack: Stack, queue: DeliverQueue, slack: Slack) -> None:
    """A message that says nothing does not keep its channel from being delivered."""
    poison = json.dumps({"nothing": "to deliver"})
    stack.aws.client("sqs").send_message(
        QueueUrl=stack.outputs.deliver_queue_url,
        MessageBody=poison,
        MessageGroupId=CHANNEL,
        MessageDeduplicationId=str(uuid4()),
    )
    row = committed(stack)
    queue.wake(row.case, row.channel, row.dedup)

    slack.wait_until(lambda: posted(slack, row), seconds=60)


def test_asked_to_wait(stack: Stack, queue: DeliverQueue, slack: Slack) -> None:
    """After 429 the message comes back by itself when Slack said, and the card is posted once."""
    row = committed(stack)
    slack.faults.append(Fault(method=POST, status=429, error="ratelimited", retry_after=1))
    queue.wake(row.case, row.channel, row.dedup)

    slack.wait_until(lambda: posted(slack, row), seconds=30)
    assert len([m for m in slack.messages if m["metadata"]["event_payload"] == {"delivery": row.id}]) == 1
