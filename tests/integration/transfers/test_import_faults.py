"""Slack and AWS misbehave under an import: it goes on where it stood, in one message; agents keep their sheet.

``docs/reliability.md`` says the same in words.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest
from botocore.exceptions import ClientError
from slack_sdk.errors import SlackApiError

from sop_aws.table import Contended
from sop_core.times import iso
from sop_http.client import patient_client
from tests.builders.workbooks import JANE, OMAR, workbook
from tests.standin.aws import BOT_TOKEN
from tests.standin.faults import SERVER, AwsFault
from tests.standin.slack import Fault, slack_server

if TYPE_CHECKING:
    from tests.integration.transfers.conftest import Desk
    from tests.standin.faults import AwsFaults

OFTEN: Final = 12
"""More often than a client tries by itself."""
AWS: Final = {
    "the workbook cannot be kept": AwsFault(operation="PutObject", code="SlowDown", status=503, times=OFTEN),
    "projects are throttled": AwsFault(
        operation="BatchWriteItem", code="ProvisionedThroughputExceededException", times=OFTEN * 8
    ),
    "the sheet is not written": AwsFault(
        operation="TransactWriteItems", code="InternalServerError", status=SERVER, times=OFTEN
    ),
    "the record is not written": AwsFault(operation="PutItem", code="ThrottlingException", times=OFTEN),
}
SLACK: Final = {
    "the file's place": Fault(method="files.info", status=500),
    "the outcome, 500": Fault(method="chat.update", status=500),
    "the outcome, token revoked": Fault(method="chat.update", error="token_revoked"),
    "the first message": Fault(method="chat.postMessage", status=500),
    "the first message, posted all the same": Fault(method="chat.postMessage", status=500, done=True),
    "the conversation": Fault(method="conversations.open", status=503, error="service_unavailable"),
}


def again(desk: Desk, import_id: str) -> str:
    """What the sweep's next wake-up does."""
    desk.now += timedelta(minutes=20)
    return desk.worker.run(import_id, seconds_left=600).state


@pytest.mark.parametrize("fault", AWS.values(), ids=AWS.keys())
def test_an_import_goes_on_once_aws_is_well(desk: Desk, aws_faults: AwsFaults, fault: AwsFault) -> None:
    import_id = desk.queue(workbook([JANE, OMAR]))
    aws_faults.on(desk.aws.dynamodb, desk.aws.s3).add(fault)
    with pytest.raises((ClientError, Contended)):
        desk.worker.run(import_id, seconds_left=600)
    aws_faults.end()
    assert again(desk, import_id) == "ready"
    assert len(desk.slack.messages) == 1
    assert desk.transfers.sheets.active() is None


@pytest.mark.parametrize("fault", SLACK.values(), ids=SLACK.keys())
def test_an_import_goes_on_once_slack_is_well(desk: Desk, fault: Fault) -> None:
    import_id = desk.queue(workbook([JANE, OMAR]))
    desk.slack.faults.extend([fault] * (9 if fault.method == "chat.update" else 1))
    with pytest.raises((SlackApiError, OSError)):
        desk.worker.run(import_id, seconds_left=600)
    desk.slack.faults.clear()
    assert again(desk, import_id) == "ready"
    assert len(desk.slack.messages) == 1
    assert "ready to activate" in desk.told


def test_a_shown_stage_that_slack_does_not_take_stops_nothing(desk: Desk) -> None:
    desk.slack.faults.append(Fault(method="chat.update", status=429, error="ratelimited", retry_after=0))
    assert desk.take(workbook([JANE])).state == "ready"


def test_a_worker_that_lambda_ended_each_time_is_told_to_the_admin(desk: Desk) -> None:
    """Its lease ends with its time; the sixth attempt finds five that said nothing, and says it."""
    import_id = desk.queue(workbook([JANE]))
    for _ in range(5):
        desk.now += timedelta(minutes=20)
        desk.transfers.jobs.begin(import_id, at=iso(desk.now), until=iso(desk.now))
    assert again(desk, import_id) == "failed"
    assert "for a reason of ours" in desk.told


@pytest.mark.parametrize("method", ["chat.postMessage", "files.completeUploadExternal"])
def test_a_worker_does_not_repeat_a_post_whose_connection_broke(method: str) -> None:
    """Slack may have it: whoever asked looks for it first. Anything else is tried once more at once."""
    with slack_server() as slack:
        client = patient_client(BOT_TOKEN, api=slack.url)
        slack.faults.append(Fault(method=method, hangs_up=True, done=True))
        with pytest.raises(OSError, match=r"closed|reset|urlopen|without"):
            client.api_call(method, params={"channel": "C1", "text": "x", "files": "[]", "channel_id": "C1"})
        assert len(slack.called(method)) == 1
        slack.faults.append(Fault(method="users.info", hangs_up=True))
        slack.names["U1"] = "Jane"
        assert client.users_info(user="U1")["ok"]
