"""Data that was lost comes back: what is missing, one case as it was, a table that is gone, the search."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from infra.local.aws import CREDENTIALS
from infra.local.stack import ROOT, STACK
from infra.restore import items, key_of
from sop_aws.cases import CaseStore
from sop_aws.deliveries import outbox
from sop_aws.runs import RunStore
from sop_aws.settings import SettingsStore
from sop_aws.snapshots import SnapshotStore
from sop_aws.times import system_clock
from sop_aws.transfers import TransferStore
from sop_core.cases.deadlines import Calendar
from sop_core.cases.lifecycle import apply
from sop_core.settings import Settings
from tests.builders.deployed import put_people, put_sheet
from tests.builders.desk import a_run, an_opened_case, claimed
from tests.builders.people import ADMIN
from tests.builders.sheets import PROJECTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.stack import Stack
    from sop_core.cases.case import Case

pytestmark = pytest.mark.stack

AHEAD = "2126-11-20T09:00:00Z"
"""Not due in the lifetime of this test: nobody delivers it meanwhile."""


class Data:
    """What the stack holds, and the three tables as they are."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.dynamodb, self.s3 = stack.aws.client("dynamodb"), stack.aws.client("s3")
        self.cases = CaseStore(self.dynamodb, stack.outputs.cases_table)
        self.transfers = TransferStore(self.dynamodb, stack.outputs.transfers_table)
        self.tables = (stack.outputs.cases_table, stack.outputs.transfers_table, stack.outputs.settings_table)

    def fill(self) -> Case:
        """Settings, a sheet that agents see, and a case that is claimed and whose card is on its way."""
        # At a time of its own: DynamoDB takes the same transaction within ten minutes for one that is done.
        put_people(self.stack, at="2026-11-20T07:30:00Z")
        put_sheet(self.stack, "restored")
        run = RunStore(self.dynamodb, self.stack.outputs.cases_table).create(a_run("run-restored"))
        case, event = an_opened_case(run.id)
        opened = self.cases.open(case, event, outbox(case, "card", at=AHEAD), run).case
        changed, event = claimed(opened)
        return self.cases.change(changed, event, outbox(changed, "card", "thread", at=AHEAD))

    def everything(self) -> dict[str, dict[tuple[str, str], Any]]:
        return {table: {key_of(item): item for item in self.scan(table)} for table in self.tables}

    def scan(self, table: str) -> list[Any]:
        return list(items(self.dynamodb, table))

    def lose(self, table: str, *, but: str = "-") -> int:
        """Delete everything in a table but one partition; return how many items that was."""
        lost = [item for item in self.scan(table) if item["pk"]["S"] != but]
        for item in lost:
            self.dynamodb.delete_item(TableName=table, Key={"pk": item["pk"], "sk": item["sk"]})
        return len(lost)


@pytest.fixture(scope="module")
def quiet(stack: Stack) -> Iterator[Stack]:
    """The stack with its sweep at rest, which counts and keeps versions every minute."""
    events = stack.aws.client("events")
    (rule,) = events.list_rules()["Rules"]
    events.disable_rule(Name=rule["Name"])
    yield stack
    events.enable_rule(Name=rule["Name"])


@pytest.fixture(scope="module")
def data(quiet: Stack) -> Data:
    return Data(quiet)


def restore(stack: Stack, *asked: str) -> tuple[int, list[str], str]:
    """Run the command as an operator would; return its status, its lines, and what went wrong."""
    environment = {"PATH": os.environ["PATH"], "AWS_ENDPOINT_URL": stack.aws.endpoint, **CREDENTIALS}
    command = [sys.executable, "-m", "infra.restore", "--stack", STACK, *asked]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.splitlines(), done.stderr


@pytest.fixture
def then() -> str:
    """A moment of its own for each test, so that each has its own copies."""
    return f"{MOMENTS.pop(0):%Y-%m-%dT%H:%M:%SZ}"


_START = datetime.now(UTC).replace(microsecond=0)
MOMENTS = [_START - timedelta(seconds=number) for number in range(1, 9)]


def test_what_was_lost_comes_back(data: Data, then: str) -> None:
    """Tables that were emptied and a search that is gone are what they were; what was on its way is looked for."""
    for table in data.tables:
        data.lose(table)
    case = data.fill()
    before = data.everything()
    assert restore(data.stack, "--at", then)[0] == 0
    assert data.everything() == before, "a look changes nothing"
    lost = [data.lose(table) for table in data.tables]
    bucket = data.stack.outputs.files_bucket
    for each in data.s3.list_objects_v2(Bucket=bucket, Prefix="snapshots/")["Contents"]:
        data.s3.delete_object(Bucket=bucket, Key=each["Key"])

    status, lines, told = restore(data.stack, "--at", then, "--put-back")

    assert (status, told) == (0, "")
    assert lines[-1] == "The data is whole."
    assert {f"{table}: {count} put back" for table, count in zip(data.tables, lost, strict=True)} <= set(lines)
    after = data.everything()
    assert [after[table].keys() for table in data.tables] == [before[table].keys() for table in data.tables]
    assert after[data.tables[2]] == before[data.tables[2]]
    assert data.cases.get(case.id) == case
    rows = data.cases.outbox.pending(case.id)
    assert rows
    assert all(row.unsure for row in rows), "Slack is asked before anything is posted again"
    active = data.transfers.sheets.active()
    assert active is not None
    assert len(SnapshotStore(data.s3, bucket).index(active)) == len(PROJECTS)


def test_what_was_written_meanwhile(data: Data, then: str) -> None:
    """Nobody's later change is overwritten; where then and now do not go together, it is said what helps."""
    store = SettingsStore(data.dynamodb, data.stack.outputs.settings_table, system_clock)
    store.put(store.stored().settings, actor=ADMIN, at="2026-11-20T10:00:00Z", expected_version=1)
    then_settings = store.stored()
    restore(data.stack, "--at", then)
    data.lose(data.stack.outputs.settings_table)
    store.put(Settings.default(), actor=ADMIN, at="2026-11-22T09:00:00Z", expected_version=0)

    status, lines, _ = restore(data.stack, "--at", then, "--put-back")
    assert status == 1
    assert lines[-1].endswith("--only SETTINGS makes them what they were.")
    assert store.stored().settings == Settings.default()

    assert restore(data.stack, "--at", then, "--put-back", "--only", "SETTINGS")[0] == 0
    assert store.stored() == then_settings


def test_one_case_as_it_was(data: Data, then: str) -> None:
    """A partition is made what it was, whatever happened to it since; the others are left alone."""
    case = data.cases.get(an_opened_case("run-restored")[0].id)
    assert case is not None
    restore(data.stack, "--at", then)
    before = data.everything()
    changed, event = apply(
        case,
        "return",
        actor="U0SPEC001",
        actor_name="Sam",
        at=AHEAD,
        reason="More information needed",
        calendar=Calendar(),
    )
    data.cases.change(changed, event, outbox(changed, "card", at=AHEAD))
    assert data.everything() != before

    status, lines, _ = restore(data.stack, "--at", then, "--put-back", "--only", f"CASE#{case.id}")

    assert status == 0
    assert data.everything() == before
    assert [line for line in lines if "is what it was" in line]


def test_a_table_that_is_gone(data: Data) -> None:
    """A deleted table comes back from its last backup under its own name, with what a backup does not hold."""
    table = data.tables[0]
    before = data.everything()
    data.dynamodb.create_backup(TableName=table, BackupName="made when it was deleted, on AWS")
    data.dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
    data.dynamodb.delete_table(TableName=table)

    assert restore(data.stack, "--deleted")[0] == 0
    assert data.everything() == before
    described = data.dynamodb.describe_table(TableName=table)["Table"]
    assert described["DeletionProtectionEnabled"]
    assert len(described["GlobalSecondaryIndexes"]) == 6
    expiry = data.dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    assert expiry["AttributeName"] == "expires_at"
    recovery = data.dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    assert recovery["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_nothing_to_bring_back(data: Data) -> None:
    """A table without a backup, and a stack that is none, are told in one line each, and change nothing."""
    assert restore(data.stack, "--deleted")[1][-1] == "The data is whole."
    status, lines, told = restore(data.stack, "--stack", "sop-dusk")
    assert (status, lines) == (2, [])
    assert told.startswith("There is no stack sop-dusk in us-east-1")


def test_what_is_not_whole_is_told(data: Data) -> None:
    """Whatever is missing is found without a copy to compare with."""
    case = an_opened_case("run-restored")[0].id
    lost = {"pk": {"S": f"CASE#{case}"}, "sk": {"S": "CASE"}}
    kept = data.dynamodb.get_item(TableName=data.tables[0], Key=lost)["Item"]
    data.dynamodb.delete_item(TableName=data.tables[0], Key=lost)
    status, lines, _ = restore(data.stack)
    data.dynamodb.put_item(TableName=data.tables[0], Item=kept)

    assert (status, lines) == (1, [f"! CASE#{case}: what happened to the case is there, and the case is not."])
    assert restore(data.stack)[:2] == (0, ["The data is whole."])
