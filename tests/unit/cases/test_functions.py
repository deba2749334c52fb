"""The deliver and sweep functions, called as Lambda calls them."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zlib import crc32

import msgspec
import pytest

from functions.deliver.app import handler as deliver
from functions.deliver.app import logger
from functions.sweep import left_behind
from functions.sweep.app import SweepIncomplete
from functions.sweep.app import handler as sweep
from sop_aws.snapshots import SnapshotStore
from sop_aws.transfers import TransferStore
from sop_aws.wake import DeliverQueue
from sop_core.times import iso
from sop_core.transfers.records import Job
from tests.builders.desk import CHANNEL
from tests.builders.sheets import load_sheet
from tests.standin.aws import BOT_TOKEN
from tests.standin.logs import written_by
from tests.standin.person import Context
from tests.standin.slack import Fault

if TYPE_CHECKING:
    from sop_core.cases.case import Case
    from tests.unit.cases.conftest import Desk

POST = "chat.postMessage"

pytestmark = pytest.mark.usefixtures("functions")


def wake(body: str, *, group: str = CHANNEL, received: int = 1) -> dict[str, Any]:
    return {
        "messageId": f"message-{crc32(body.encode())}",
        "receiptHandle": "handle",
        "body": body,
        "attributes": {"MessageGroupId": group, "ApproximateReceiveCount": str(received)},
    }


def wake_for(case: Case, *, group: str = CHANNEL) -> dict[str, Any]:
    return wake(json.dumps({"case": case.id}), group=group)


def returned(answer: dict[str, Any]) -> list[str]:
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


class TestDeliver:
    def test_batch(self, desk: Desk) -> None:
        """Every case of a batch is delivered, with the token from Secrets Manager, and nothing comes back."""
        cases = [desk.open(f"run-{number}") for number in range(3)]

        answer = deliver({"Records": [wake_for(case) for case in cases]}, Context())

        assert returned(answer) == []
        assert len(desk.slack.messages) == 3
        assert desk.slack.tokens == {BOT_TOKEN}

    @pytest.mark.parametrize("poison", ["no json", "{}", '{"case": 7}', "[]"])
    def test_poison(self, desk: Desk, poison: str) -> None:
        """A message that says nothing comes back alone; the rest of its channel goes through."""
        before, after = desk.open("run-1"), desk.open("run-2")

        batch = [wake_for(before), wake(poison), wake_for(after)]

        answer = deliver({"Records": batch}, Context())

        assert returned(answer) == [batch[1]["messageId"]]
        assert len(desk.slack.messages) == 2

    def test_poison_is_one_error(self, capsys: pytest.CaptureFixture[str]) -> None:
        """What fails again and again is one error, which takes no release back; each try is measured all the same."""
        with written_by(logger) as lines:
            for received in range(1, 21):
                assert len(returned(deliver({"Records": [wake("{}", received=received)]}, Context()))) == 1
        failed = [line["level"] for line in lines if line.get("error") == "msgspec.ValidationError"]
        assert failed == ["ERROR"] + ["WARNING"] * 19
        assert capsys.readouterr().out.count('"WakeUpFailed":[') == 20

    def test_unknown_case(self, desk: Desk) -> None:
        """A wake-up for a case that has nothing pending is done with."""
        answer = deliver({"Records": [wake('{"case": "SOP-NOTTHERE"}')]}, Context())

        assert returned(answer) == []
        assert desk.slack.calls == []

    def test_channel_waits(self, desk: Desk) -> None:
        """When Slack asks to wait, the rest of that channel is left for later; other channels go on."""
        cases = [desk.open(f"run-{number}") for number in range(3)]
        desk.slack.faults.append(Fault(method=POST, status=429, error="ratelimited", retry_after=30))
        batch = [wake_for(cases[0]), wake_for(cases[1]), wake_for(cases[2], group="C0OTHER")]

        answer = deliver({"Records": batch}, Context())

        assert returned(answer) == [record["messageId"] for record in batch[:2]]
        assert len(desk.slack.called(POST)) == 2
        assert len(desk.slack.messages) == 1

    def test_waits_out_of_sight(self, desk: Desk) -> None:
        """A message that must wait is taken out of everyone's sight for the time being."""
        case = desk.open()
        url = desk.aws.environment["DELIVER_QUEUE_URL"]
        DeliverQueue(desk.aws.sqs, url).wake(case.id, case.channel, "dedup")
        received = desk.aws.sqs.receive_message(QueueUrl=url, VisibilityTimeout=1)["Messages"][0]
        desk.slack.faults.append(Fault(method=POST, status=429, error="ratelimited", retry_after=600))

        deliver({"Records": [{**wake_for(case), "receiptHandle": received["ReceiptHandle"]}]}, Context())

        asked = desk.aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert asked["ApproximateNumberOfMessages"] == "0"
        assert asked["ApproximateNumberOfMessagesNotVisible"] == "1"

    def test_no_time_left(self, desk: Desk) -> None:
        """A batch that runs out of time leaves the rest for the next invocation, untouched."""
        case = desk.open()

        answer = deliver({"Records": [wake_for(case)]}, Context(seconds=5))

        assert len(returned(answer)) == 1
        assert desk.slack.calls == []
        assert desk.cases.outbox.pending(case.id)[0].attempts == 0

    def test_rotated_token(self, desk: Desk) -> None:
        """After Slack refused the token, the secret is read anew, and the log says so in words that an alarm counts."""
        case = desk.open()
        desk.slack.faults.append(Fault(method=POST, error="invalid_auth"))
        with written_by(logger) as lines:
            deliver({"Records": [wake_for(case)]}, Context())
        rotated = json.dumps({"signing_secret": "s", "bot_token": "xoxb-rotated"})
        desk.aws.secrets.put_secret_value(SecretId="slack", SecretString=rotated)
        desk.clock.pass_(hours=1)

        answer = deliver({"Records": [wake_for(case)]}, Context())

        assert returned(answer) == []
        assert desk.slack.tokens == {BOT_TOKEN, "xoxb-rotated"}
        assert "token refused" in [line["message"] for line in lines]

    def test_dead_is_measured(self, desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
        """A dead delivery raises the metric that the alarm watches; it is no error, which would take a release back."""
        case = desk.open()
        desk.slack.faults.append(Fault(method=POST, error="channel_not_found"))

        with written_by(logger) as lines:
            deliver({"Records": [wake_for(case)]}, Context())

        assert {line["message"]: line["level"] for line in lines}["dead"] == "WARNING"
        assert metric(capsys.readouterr().out, "DeliveryDead") == [1]


class TestLogs:
    @pytest.mark.parametrize("error", ["", "channel_not_found", "ratelimited", "internal_error", "invalid_auth"])
    def test_no_customer_data(
        self, desk: Desk, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], error: str
    ) -> None:
        """Whatever happens, no name, number or typed word is written to the log, and no secret."""
        case = desk.claim(desk.open())
        if error:
            desk.slack.faults.append(Fault(method=POST, error=error))

        deliver({"Records": [wake_for(case), wake("Marked poison")]}, Context())
        sweep({}, Context())

        written = logged(caplog) + "".join(capfd.readouterr())
        assert case.id in written
        assert "marked" not in written.lower()
        assert "xoxb" not in written

    def test_broken_case(self, desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
        """An error whose text would quote stored data is told by its kind and place only."""
        case = desk.open()
        key = {"pk": {"S": f"CASE#{case.id}"}, "sk": {"S": "CASE"}}
        item = desk.aws.dynamodb.get_item(TableName=desk.aws.cases_table, Key=key)["Item"]
        broken = {**item, "body": {"S": item["body"]["S"].replace('"open"', '"Marked"')}}
        desk.aws.dynamodb.put_item(TableName=desk.aws.cases_table, Item=broken)

        answer = deliver({"Records": [wake_for(case)]}, Context())

        assert len(returned(answer)) == 1
        assert "msgspec.ValidationError" in logged(caplog)
        assert "marked" not in logged(caplog).lower()


class TestSweep:
    def test_lost_wake_up(self, desk: Desk) -> None:
        """A case whose function died between commit and wake-up is delivered by way of the sweep."""
        case = desk.open()
        sweep({}, Context())
        (message,) = desk.aws.received("DELIVER_QUEUE_URL")

        deliver({"Records": [wake(json.dumps(message["Body"]))]}, Context())

        assert message["Attributes"]["MessageGroupId"] == CHANNEL
        assert desk.cases.card(case.id) is not None

    def test_what_is_measured(self, desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
        """Every minute says how it went, what waits, the cases in numbers and how old the sheet is, in one line."""
        desk.open()
        transfers = TransferStore(desk.aws.dynamodb, desk.aws.transfers_table)
        fortnight_ago = iso(desk.clock() - timedelta(days=14))
        load_sheet(transfers, SnapshotStore(desk.aws.s3, "files"), "s1", uploaded_at=fortnight_ago)
        desk.clock.pass_(minutes=11)
        sweep({}, Context())
        line = json.loads(capsys.readouterr().out.splitlines()[-1])

        (counted,) = line.pop("_aws")["CloudWatchMetrics"]
        assert counted["Namespace"] == os.environ["POWERTOOLS_METRICS_NAMESPACE"]
        assert {metric["Name"] for metric in counted["Metrics"]} == set(line)
        assert {name: value for name, (value,) in line.items()} == {
            "DeliveriesWoken": 1,
            "DeliveriesOldestSeconds": 660,
            "ImportsWoken": 0,
            "ImportsOldestSeconds": 0,
            "RemindersSent": 0,
            "CasesOpen": 1,
            "CasesClaimed": 0,
            "CasesReturned": 0,
            "CasesOverdue": 0,
            "SheetDaysTooOld": 7,
            "SweepFailed": 0,
        }

    def test_no_sheet_is_no_old_sheet(self, desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
        """Before the first sheet nothing is said of its age; with a fresh one that it is fresh."""
        sweep({}, Context())
        assert "SheetDaysTooOld" not in capsys.readouterr().out
        transfers = TransferStore(desk.aws.dynamodb, desk.aws.transfers_table)
        load_sheet(transfers, SnapshotStore(desk.aws.s3, "files"), "s1", uploaded_at=iso(desk.clock()))
        sweep({}, Context())
        assert metric(capsys.readouterr().out, "SheetDaysTooOld") == [0]

    def test_only_what_is_due(self, desk: Desk) -> None:
        """What is done, dead or waiting for its time is left alone."""
        done, dead, waiting = (desk.open(f"run-{number}") for number in range(3))
        desk.deliver(done)
        desk.slack.faults.append(Fault(method=POST, error="is_archived"))
        desk.deliver(dead)
        desk.slack.faults.append(Fault(method=POST, status=500))
        desk.deliver(waiting)

        sweep({}, Context())
        assert desk.aws.received("DELIVER_QUEUE_URL") == []
        desk.clock.pass_(minutes=1)
        sweep({}, Context())
        assert [message["Body"]["case"] for message in desk.aws.received("DELIVER_QUEUE_URL")] == [waiting.id]

    def test_once_a_minute(self, desk: Desk) -> None:
        """A case is woken once a minute, however many rows it has and however often the schedule fires."""
        desk.claim(desk.open())
        sweep({}, Context())
        sweep({}, Context())
        assert waiting(desk) == 1

        desk.clock.pass_(minutes=1)
        sweep({}, Context())
        assert waiting(desk) == 2

    def test_bounded(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        """One run wakes a bounded number; the next run goes on once those are delivered."""
        monkeypatch.setattr(left_behind, "ROWS_A_SHARD", 1)
        for number in range(20):
            desk.open(f"run-{number}")
        sweep({}, Context())

        assert 1 <= waiting(desk) <= 8

    def test_imports(self, desk: Desk) -> None:
        """An unfinished import that nobody works on is woken."""
        transfers = TransferStore(desk.aws.dynamodb, desk.aws.transfers_table)
        record = Job(id="import-1", file_id="F1", user="U0ADMIN01", created_at="2027-01-01T00:00:00Z")
        transfers.jobs.create(record)
        sweep({}, Context())

        (message,) = desk.aws.received("IMPORT_QUEUE_URL")
        assert message["Body"] == {"import": "import-1"}

    def test_halves(self, desk: Desk) -> None:
        """When one half of the sweep fails the other is done, and the failure is not hidden."""
        desk.open()
        desk.aws.dynamodb.delete_table(TableName=desk.aws.transfers_table)

        with pytest.raises(SweepIncomplete):
            sweep({}, Context())
        assert waiting(desk) == 1

    def test_lag(self, desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
        """The age of the oldest waiting delivery is measured."""
        desk.open()
        desk.clock.pass_(seconds=90)
        sweep({}, Context())

        assert metric(capsys.readouterr().out, "DeliveriesOldestSeconds") == [90]

    def test_lag_of_what_was_dead(self, desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
        """A delivery that is revived after days is late from then on, also while Slack is silent again."""
        case = desk.open()
        desk.slack.faults.append(Fault(method=POST, error="is_archived"))
        desk.deliver(case)
        desk.clock.pass_(days=3)
        (dead,) = desk.cases.outbox.dead_deliveries()
        assert desk.cases.outbox.revive(dead, now=desk.clock())
        desk.slack.faults.append(Fault(method=POST, status=500))
        desk.deliver(case)
        desk.clock.pass_(seconds=690)
        sweep({}, Context())

        assert metric(capsys.readouterr().out, "DeliveriesOldestSeconds") == [690]

    def test_lag_of_imports(self, desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
        """An import is late from when it was last worked on or let begin again, not from when it was uploaded."""
        transfers = TransferStore(desk.aws.dynamodb, desk.aws.transfers_table)
        uploaded, named = iso(desk.clock() - timedelta(hours=9)), iso(desk.clock())
        record = Job(id="import-1", file_id="F1", user="U0ADMIN01", created_at=uploaded)
        transfers.jobs.create(record)
        refused = msgspec.structs.replace(record, state="refused", missing=("phone",), updated_at=uploaded)
        transfers.jobs.save(refused, until=uploaded)
        transfers.jobs.requeue("import-1", at=named)
        desk.clock.pass_(seconds=60)
        sweep({}, Context())

        assert metric(capsys.readouterr().out, "ImportsOldestSeconds") == [60]


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """Everything that was logged, by us and by the libraries, as it is written out."""
    return "\n".join(logger.registered_formatter.format(record) for record in caplog.records)


def waiting(desk: Desk) -> int:
    """How many messages are in the deliver queue."""
    counted = desk.aws.sqs.get_queue_attributes(
        QueueUrl=desk.aws.environment["DELIVER_QUEUE_URL"], AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(counted["Attributes"]["ApproximateNumberOfMessages"])


def metric(out: str, name: str) -> list[float]:
    """The values of a metric, as CloudWatch would read them from the log."""
    lines = [json.loads(line) for line in out.splitlines() if name in line]
    return [value for line in lines if "_aws" in line for value in line[name]]
