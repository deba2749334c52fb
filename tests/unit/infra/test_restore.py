"""A restore brings back what was lost and nothing that was taken away on purpose, also in two goes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from infra import restore
from infra.restore import bring_back, difference, key_of
from sop_aws.table import attributes
from tests.unit.infra.test_wholeness import ACTIVE, ROW, SHEET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoDBClient]:
    """A DynamoDB with two tables, ``now`` and ``then``."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "stand-in")
    with mock_aws():
        made = boto3.client("dynamodb", region_name="us-east-1")
        for table in ("now", "then"):
            made.create_table(
                TableName=table,
                KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
                AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
                BillingMode="PAY_PER_REQUEST",
            )
        yield made


def sheet(name: str, state: str) -> Any:
    return attributes(pk=f"SHEET#{name}", sk="SHEET", state=state)


def case(name: str, body: str = "{}") -> Any:
    return attributes(pk=f"CASE#{name}", sk="CASE", body=body)


def test_what_was_taken_away_on_purpose_stays_away(client: DynamoDBClient) -> None:
    """Rows of a sheet come back if it is kept or lost itself, a case's words unless its customer was forgotten."""
    rows = {
        name: attributes(pk=f"SHEET#{name}#{part}", sk=sk)
        for name in ("kept", "loading", "expired", "discarded", "lost")
        for part, sk in (("3", "PROJECT#p1"), ("EXACT", "BUCKET#00001"))
    }
    words = {name: attributes(pk="WORD#ann", sk=f"CASE#2026-11-01T09:00:00Z#{name}") for name in ("SOP-1", "SOP-2")}
    then = [sheet(name, "superseded") for name in rows] + [case(name) for name in words]
    for item in (*then, *rows.values(), *words.values()):
        client.put_item(TableName="then", Item=item)
    now = [sheet("kept", "superseded"), sheet("loading", "loading"), sheet("expired", "expired")]
    now += [sheet("discarded", "discarded"), case("SOP-1"), case("SOP-2", '{"erased_at": "2026-11-02T09:00:00Z"}')]
    for item in now:
        client.put_item(TableName="now", Item=item)

    missing = {key_of(item) for item in difference(client, "then", "now", now=NOW).missing}

    back = [rows["kept"], rows["loading"], rows["lost"], sheet("lost", ""), words["SOP-1"]]
    assert missing == set(map(key_of, back))


def test_a_restore_that_was_ended_half_way_is_made_whole_by_a_repeat(
    client: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table that is back gets expiry, recovery and protection whenever it is asked for, once AWS can."""
    client.create_backup(TableName="now", BackupName="made when it was deleted")
    client.delete_table(TableName="now")
    waited: list[float] = []
    monkeypatch.setattr(restore, "sleep", waited.append)
    unavailable: Any = {"Error": {"Code": "ContinuousBackupsUnavailableException"}}
    error = client.exceptions.ContinuousBackupsUnavailableException(unavailable, "UpdateContinuousBackups")
    monkeypatch.setattr(client, "update_continuous_backups", _failing(error))
    with pytest.raises(ClientError):
        bring_back(client, "now")
    assert len(waited) == restore.BACKUPS_AWAITED - 1
    monkeypatch.undo()

    for _ in range(2):
        assert bring_back(client, "now") is None
        assert client.describe_table(TableName="now")["Table"]["DeletionProtectionEnabled"]
        assert client.describe_time_to_live(TableName="now")["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED"
        backups = client.describe_continuous_backups(TableName="now")["ContinuousBackupsDescription"]
        assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_a_bucket_that_cannot_be_read_is_no_lack_of_files(
    client: DynamoDBClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever may not look into it is told so, and not that the search snapshot is lost."""
    for item in (ACTIVE, SHEET, ROW):
        client.put_item(TableName="now", Item=item)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    where = restore.Outputs("then", "now", "then", "a-bucket-of-others")
    monkeypatch.setattr(restore, "outputs", lambda *_: where)

    assert restore.main(["--stack", "desk"]) == 2
    assert "The restore of desk stopped" in capsys.readouterr().err


def _failing(error: Exception) -> Any:
    def fail(**_: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["--at", "yesterday"], "yesterday is no time such as 2026-11-22T03:00Z"),
        (["--put-back"], "--put-back wants --at"),
        (["--at", "2026-11-22T03:00Z", "--only", "CASE#SOP-7K2M9QXA"], "--only wants --put-back"),
    ],
)
def test_what_cannot_be_meant(asked: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What would do something else than it says is refused before AWS is asked anything."""
    with pytest.raises(SystemExit):
        restore.main(["--stack", "desk", *asked])

    assert told in capsys.readouterr().err
