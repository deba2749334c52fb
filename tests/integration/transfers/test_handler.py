from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from functions.import_sheet import app
from sop_aws.transfers import TransferStore
from sop_core.transfers.records import Job
from tests.builders.workbooks import workbook
from tests.standin.files import slack_with_files
from tests.standin.functions import cold_start
from tests.standin.person import Context

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.standin.aws import Aws

AT = "2026-11-20T15:00:00Z"


@pytest.fixture
def store(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[TransferStore]:
    """A container of the function, with the stand-in behind it and nothing cached from the one before."""
    cold_start()
    with slack_with_files() as slack:
        monkeypatch.setenv("SLACK_API_URL", slack.url)
        yield TransferStore(aws.dynamodb, aws.transfers_table)
    cold_start()


def invoke(*bodies: str) -> list[str]:
    records = [{"messageId": f"m{n}", "body": body} for n, body in enumerate(bodies)]
    answer: dict[str, list[dict[str, Any]]] = app.handler({"Records": records}, Context())
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_a_wake_up_imports_what_an_operator_put_into_the_bucket(aws: Aws, store: TransferStore) -> None:
    aws.s3.put_object(Bucket="files", Key="uploads/1/Infinity Transfers v1.xlsx", Body=workbook())
    store.jobs.create(Job(id="i1", source_key="uploads/1/Infinity Transfers v1.xlsx", user="", created_at=AT))

    assert invoke(json.dumps({"import": "i1"})) == []

    sheet = store.sheets.get("i1")
    assert sheet is not None
    assert (sheet.state, sheet.file_name, sheet.counts.projects) == ("ready", "Infinity Transfers v1.xlsx", 2)


def test_only_the_messages_that_failed_come_back(aws: Aws, store: TransferStore) -> None:
    aws.s3.put_object(Bucket="files", Key="uploads/1/a.xlsx", Body=workbook())
    store.jobs.create(Job(id="good", source_key="uploads/1/a.xlsx", user="", created_at=AT))
    store.jobs.create(Job(id="held", source_key="uploads/1/a.xlsx", user="", created_at=AT))
    store.jobs.begin("held", at=AT, until="2999-01-01T00:00:00Z")

    failed = invoke("no json", json.dumps({"import": "good"}), json.dumps({"import": "held"}), '{"import": "unknown"}')

    assert failed == ["m0", "m2"]
    record = store.jobs.get("good")
    assert record is not None
    assert record.state == "ready"


def test_a_finished_import_is_not_done_or_counted_again(
    aws: Aws, store: TransferStore, capsys: pytest.CaptureFixture[str]
) -> None:
    store.jobs.create(Job(id="i1", source_key="uploads/1/gone.xlsx", user="", created_at=AT))

    assert invoke('{"import": "i1"}') == []
    aws.s3.put_object(Bucket="files", Key="uploads/1/gone.xlsx", Body=workbook())
    assert invoke('{"import": "i1"}') == []

    record = store.jobs.get("i1")
    assert record is not None
    assert (record.state, record.error_kind, store.sheets.history()) == ("refused", "file_gone", ())
    assert [name for line in capsys.readouterr().out.splitlines() for name in counted(line)] == [
        *("ImportRefused", "ImportOver"),
    ]


def counted(line: str) -> list[str]:
    """Return the metrics that a line of the log counts, in CloudWatch's embedded format."""
    told = json.loads(line).get("_aws", {})
    return [metric["Name"] for of in told.get("CloudWatchMetrics", ()) for metric in of["Metrics"]]
