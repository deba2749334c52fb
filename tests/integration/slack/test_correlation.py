"""One id leads from a request of Slack through every log to the card."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from functions.deliver import app as deliver
from functions.import_sheet import app as import_sheet
from functions.publish import app as publish
from functions.slack import app
from sop_aws.deliveries import file_asked_for
from tests.builders.people import ADMIN
from tests.integration.slack.test_infinity_run import REASON, begin, to_the_callback
from tests.standin.logs import written_by
from tests.standin.person import Context, http_event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.integration.slack.conftest import Desk

QUEUE = {deliver: "DELIVER_QUEUE_URL", import_sheet: "IMPORT_QUEUE_URL", publish: "PUBLISH_QUEUE_URL"}


class Called(Context):
    """An invocation with an id of its own, as Lambda gives each."""

    def __init__(self) -> None:
        self._aws_request_id = str(uuid4())
        self._memory_limit_in_mb = 512

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 60_000


class Calls:
    """Hands requests to the slack function, and remembers the latest invocation's id and lines."""

    def __init__(self) -> None:
        self.id = ""
        self.lines: list[dict[str, Any]] = []

    def send(self, body: str, headers: Mapping[str, str]) -> tuple[int, str]:
        called = Called()
        with written_by(app.logger) as self.lines:
            answer = app.handler(http_event(body, headers), called)
        self.id = called.aws_request_id
        return int(answer["statusCode"]), str(answer.get("body", ""))


@pytest.fixture
def calls() -> Calls:
    return Calls()


def worked(desk: Desk, worker: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Hand the one message in a worker's queue to it, as its trigger would; return the message and the lines."""
    (record,) = desk.aws.records(QUEUE[worker])
    with written_by(worker.logger) as lines:
        worker.handler({"Records": [record]}, Called())
    return json.loads(record["body"]), lines


def test_from_the_last_answer_to_the_card(desk: Desk, calls: Calls) -> None:
    """The request that opened a case, its row, its message and the line of the posted card have one id."""
    agent = begin(desk)
    to_the_callback(agent)
    agent.send = calls.send
    agent.submit(reason_of_call=REASON)
    (case,) = {line["case"] for line in calls.lines if line["message"] == "case"}
    (row,) = desk.cases.outbox.pending(case)
    message, lines = worked(desk, deliver)

    assert calls.id
    assert {line["correlation_id"] for line in calls.lines} == {calls.id}
    assert {"request", "case"} <= {line["message"] for line in calls.lines}
    assert row.request == message["request"] == calls.id
    (posted,) = [line for line in lines if line["message"] == "posted"]
    assert posted["kind"] == "card"
    assert posted["correlation_id"] == calls.id
    assert posted["function_request_id"] != calls.id
    assert len(desk.slack.called("chat.postMessage")) == 1


def test_a_case_with_rows_of_two_requests(desk: Desk, calls: Calls) -> None:
    """Whatever woke the worker, each delivered row's line has the id of the request that asked for that row."""
    agent = begin(desk)
    to_the_callback(agent)
    agent.send = calls.send
    agent.submit(reason_of_call=REASON)
    opened = calls.id
    (case,) = {line["case"] for line in calls.lines if line["message"] == "case"}
    agent.click("case_withdraw")
    agent.view = list(desk.slack.views.values())[-1]
    agent.submit(note="")
    with written_by(deliver.logger) as lines:
        deliver.handler({"Records": [_wake(case, opened)]}, Called())

    assert {line["correlation_id"] for line in lines if line["message"] == "posted"} == {opened, calls.id} != {opened}


def _wake(case: str, request: str) -> dict[str, Any]:
    body = json.dumps({"case": case, "request": request})
    return {"messageId": "m", "receiptHandle": "r", "body": body, "attributes": {"MessageGroupId": "C0"}}


def test_a_workbook(desk: Desk, calls: Calls) -> None:
    """An import's record, message and lines have the id of the upload."""
    admin = desk.person(ADMIN)
    admin.send = calls.send
    admin.command("/transfers", "template")
    message, lines = worked(desk, import_sheet)
    record = desk.transfers.jobs.get(message["import"])

    assert record is not None
    assert record.request == message["request"] == calls.id
    assert {line["correlation_id"] for line in lines} == {calls.id}


def test_a_file_that_is_asked_for(desk: Desk, calls: Calls) -> None:
    """A report's lines have the id of the command."""
    admin = desk.person(ADMIN)
    admin.send = calls.send
    admin.command("/cases", "report")
    message, lines = worked(desk, deliver)

    assert message["request"] == calls.id
    assert [line["correlation_id"] for line in lines if line["message"] == "posted"] == [calls.id]


def test_a_request_leaves_nothing_behind(desk: Desk, calls: Calls) -> None:
    """The next batch of a warm worker does not carry on the id of the one before, even where a message says nothing."""
    desk.person(ADMIN).command("/cases", "report")
    worked(desk, deliver)
    poison = {**_wake("", ""), "body": "{}"}
    with written_by(deliver.logger) as lines:
        deliver.handler({"Records": [poison]}, Called())

    assert {line.get("correlation_id") for line in lines if line["message"] == "wake-up failed"} == {None}


def test_outside_of_a_request() -> None:
    """What no request asked for has no id; rows that an earlier release stored are read as such."""
    assert file_asked_for("report", "x", person=ADMIN, about="week", at="2026-11-20T09:00:00Z").request is None
