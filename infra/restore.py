"""``python -m infra.restore --stack NAME --at TIME``: tables as they were, beside those of a deployed stack.

Without more it changes nothing: it lets AWS make a copy of each table as it was (point-in-time recovery), and says what
is missing or different now. ``--put-back`` puts back what is missing; with ``--only PARTITION`` it makes single
partitions exactly what they were. ``--deleted`` brings back tables that are gone, from their last backup, under their
own names. Every run ends with a look whether the data is whole. Credentials and region are the AWS command line's.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from time import sleep
from typing import TYPE_CHECKING, Final

import boto3
import msgspec
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from infra.deployed import NoSopDesk, outputs
from infra.wholeness import KEPT, Stored, problems, rebuilt_snapshots
from sop_aws.clients import PATIENT
from sop_aws.deliveries import delivery_item, read_delivery
from sop_aws.objects import keys_under

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import PointInTimeRecoverySpecificationTypeDef, WaiterConfigTypeDef

    from sop_aws.table import Item

WRITERS: Final = 8
RESTORING: Final[WaiterConfigTypeDef] = {"Delay": 15, "MaxAttempts": 480}
"""A restore takes minutes, of large tables up to hours: two are waited for, and a repeat goes on waiting."""
BACKUPS_AWAITED: Final = 20
"""Times that recovery of a new table is asked for: five minutes."""
ROLLED_BACK_TO: Final = frozenset({"loading", *KEPT})
"""States of sheets whose rows are there; those of others expired, and stay away."""
NEW: Final = "attribute_not_exists(pk)"

Key = tuple[str, str]


class Outputs(msgspec.Struct, frozen=True, rename="pascal"):
    """What a restore needs to know of a stack."""

    cases_table: str
    transfers_table: str
    settings_table: str
    files_bucket: str

    @property
    def tables(self) -> tuple[str, str, str]:
        """The names of the tables."""
        return (self.cases_table, self.transfers_table, self.settings_table)


class Refused(Exception):
    """What was asked for cannot be done; the message is one sentence."""


def copied(client: DynamoDBClient, table: str, at: datetime) -> str:
    """Return the name of a copy of a table as it was, made by AWS; one that is there already is taken."""
    name = f"{table}-at-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    with suppress(client.exceptions.TableAlreadyExistsException):
        client.restore_table_to_point_in_time(
            SourceTableName=table, TargetTableName=name, RestoreDateTime=at, BillingModeOverride="PAY_PER_REQUEST"
        )
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig=RESTORING)
    return name


def bring_back(client: DynamoDBClient, table: str) -> str | None:
    """Restore a table that is gone, under its own name, from its last backup; ``None`` if it is there.

    When a table with point-in-time recovery is deleted, AWS makes a backup of it and keeps that for 35 days. What a
    backup does not hold is set again, also for a table that is there: the run that restored it may have been ended.
    """
    since = None if exists(client, table) else _from_backup(client, table)
    client.get_waiter("table_exists").wait(TableName=table, WaiterConfig=RESTORING)
    _equip(client, table)
    return since


def _from_backup(client: DynamoDBClient, table: str) -> str:
    pages = client.get_paginator("list_backups").paginate(TableName=table, BackupType="ALL")
    found = [each for page in pages for each in page["BackupSummaries"]]
    if not found:
        raise Refused(f"The table {table} is gone, and there is no backup of it.")
    latest = max(found, key=lambda each: each["BackupCreationDateTime"])
    client.restore_table_from_backup(TargetTableName=table, BackupArn=latest["BackupArn"])
    return f"{latest['BackupCreationDateTime'].astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _equip(client: DynamoDBClient, table: str) -> None:
    """Let a table's items expire, let it be restored and protect it, as far as that is not so."""
    # Looked at first: AWS refuses to switch expiry on that is on.
    expiry = client.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    if expiry.get("TimeToLiveStatus") not in {"ENABLED", "ENABLING"}:
        client.update_time_to_live(
            TableName=table, TimeToLiveSpecification={"AttributeName": "expires_at", "Enabled": True}
        )
    _let_be_restored(client, table)
    if not client.describe_table(TableName=table)["Table"].get("DeletionProtectionEnabled"):
        client.update_table(TableName=table, DeletionProtectionEnabled=True)


def _let_be_restored(client: DynamoDBClient, table: str) -> None:
    wanted: PointInTimeRecoverySpecificationTypeDef = {"PointInTimeRecoveryEnabled": True}
    for _ in range(BACKUPS_AWAITED - 1):
        try:
            client.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=wanted)
        except client.exceptions.ContinuousBackupsUnavailableException:
            # AWS is still enabling backups of a table that is new.
            sleep(RESTORING["Delay"])
        else:
            return
    client.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=wanted)


def exists(client: DynamoDBClient, table: str) -> bool:
    """Tell whether a table is there."""
    try:
        client.describe_table(TableName=table)
    except client.exceptions.ResourceNotFoundException:
        return False
    return True


def items(client: DynamoDBClient, table: str) -> Iterator[Item]:
    """Yield everything in a table."""
    for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        yield from page["Items"]


def key_of(item: Item) -> Key:
    """Return where an item stands."""
    return item["pk"]["S"], item["sk"]["S"]


def is_kept(item: Item, *, now: datetime) -> bool:
    """Tell whether an item has not expired meanwhile."""
    return "expires_at" not in item or int(item["expires_at"]["N"]) > now.timestamp()


def is_over(item: Item) -> bool:
    """Tell whether an item is a sheet that was retired or discarded, or a case whose customer was forgotten."""
    if item["sk"]["S"] == "SHEET":
        return item["state"]["S"] not in ROLLED_BACK_TO
    return item["sk"]["S"] == "CASE" and msgspec.json.decode(item["body"]["S"], type=_Erasable).erased_at is not None


class _Erasable(msgspec.Struct):
    erased_at: str | None = None


def owner_of(item: Item) -> str | None:
    """Return the partition of the sheet whose row an item is, or of the case that a word leads to."""
    kind, _, rest = item["pk"]["S"].partition("#")
    if kind == "WORD":
        return f"CASE#{item['sk']['S'].rpartition('#')[2]}"
    return f"SHEET#{rest.partition('#')[0]}" if kind == "SHEET" else None


def cautious(item: Item) -> Item:
    """Return an item as it is put back: of a delivery that was on its way nobody knows whether Slack has it."""
    if not item["sk"]["S"].startswith("DELIVERY#") or item.get("state") != {"S": "pending"}:
        return item
    row = read_delivery(item)
    return item if row.kind == "unreadable" else delivery_item(msgspec.structs.replace(row, unsure=True))


class Difference(msgspec.Struct, frozen=True):
    """A table then and now: how many there were and are, and the items that are missing, by their place."""

    then: int
    now: int
    changed: int
    missing: tuple[Item, ...]


def difference(client: DynamoDBClient, copy: str, table: str, *, now: datetime) -> Difference:
    """Compare a table with its copy; what has expired since, or was taken away on purpose, is not missed."""
    live, over = {}, set()
    for item in items(client, table):
        live[key_of(item)] = _digest(item)
        if is_over(item):
            over.add(item["pk"]["S"])
    missing, changed, then = [], 0, 0
    for item in items(client, copy):
        then += 1
        stands = live.get(key_of(item))
        if stands is None and is_kept(item, now=now) and owner_of(item) not in over:
            missing.append(item)
        changed += stands is not None and stands != _digest(item)
    return Difference(then, len(live), changed, tuple(missing))


def _digest(item: Item) -> int:
    return hash(msgspec.json.encode(item, order="deterministic"))


def put_back(client: DynamoDBClient, table: str, missing: Collection[Item]) -> int:
    """Put items back where there is nothing; return how many went in. Whoever wrote meanwhile is not overwritten."""

    def put(item: Item) -> bool:
        try:
            client.put_item(TableName=table, Item=cautious(item), ConditionExpression=NEW)
        except client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    with ThreadPoolExecutor(WRITERS) as writers:
        return sum(writers.map(put, missing))


def rewind(client: DynamoDBClient, copy: str, table: str, partition: str) -> tuple[int, int]:
    """Make a partition what it was; return how many items it has, and how many that came later were taken away."""
    then = {key_of(item): item for item in partition_of(client, copy, partition)}
    later = [key for key in map(key_of, partition_of(client, table, partition)) if key not in then]
    for item in then.values():
        client.put_item(TableName=table, Item=cautious(item))
    for pk, sk in later:
        client.delete_item(TableName=table, Key={"pk": {"S": pk}, "sk": {"S": sk}})
    return len(then), len(later)


def partition_of(client: DynamoDBClient, table: str, partition: str) -> Iterator[Item]:
    """Yield the items of a partition."""
    pages = client.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": partition}},
        ConsistentRead=True,
    )
    for page in pages:
        yield from page["Items"]


def restored(client: DynamoDBClient, where: Outputs, asked: argparse.Namespace, *, now: datetime) -> Iterator[str]:
    """Do what was asked for; yield a line for each table."""
    for table in where.tables:
        if asked.deleted:
            since = bring_back(client, table)
            yield f"{table}: " + ("is there" if since is None else f"brought back as of {since}")
        elif asked.at is not None:
            yield from _from_copy(client, table, asked, now=now)


def _from_copy(client: DynamoDBClient, table: str, asked: argparse.Namespace, *, now: datetime) -> Iterator[str]:
    copy = copied(client, table, asked.at)
    if asked.only and asked.put_back:
        for partition in asked.only:
            there, later = rewind(client, copy, table, partition)
            if there:
                yield f"{table}: {partition} is what it was, {there} items; {later} that came later were taken away"
        return
    found = difference(client, copy, table, now=now)
    yield f"{table}: {found.then} items then, {found.now} now; {len(found.missing)} missing, {found.changed} different"
    if asked.put_back:
        yield f"{table}: {put_back(client, table, found.missing)} put back"
    yield f"{table}: the copy is {copy}; once it is no longer needed: aws dynamodb delete-table --table-name {copy}"


def main(argv: Sequence[str]) -> int:
    """Restore, and say whether the data is whole: 0 if it is, 1 if it is not, 2 if nothing could be done."""
    asked = _asked(argv)
    try:
        where = outputs(asked.stack, Outputs)
        client, bucket = boto3.client("dynamodb", config=PATIENT), boto3.client("s3", config=PATIENT)
        for line in restored(client, where, asked, now=datetime.now(UTC)):
            sys.stdout.write(f"{line}\n")
        if asked.put_back or asked.deleted:
            for line in rebuilt_snapshots(client, bucket, where.transfers_table, where.files_bucket):
                sys.stdout.write(f"{line}\n")
        stored = Stored(*(tuple(items(client, table)) for table in where.tables))
        snapshots = set(keys_under(bucket, where.files_bucket, "snapshots/"))
        found = problems(stored, has_file=snapshots.__contains__)
    except (NoSopDesk, Refused) as refused:
        sys.stderr.write(f"{refused}\n")
        return 2
    except (BotoCoreError, ClientError, WaiterError) as error:
        # Everything here can be done again: copies are taken as they are, and what is there is not put back twice.
        sys.stderr.write(f"The restore of {asked.stack} stopped: {error}\n")
        return 2
    sys.stdout.write("".join(f"! {line}\n" for line in found) or "The data is whole.\n")
    return 1 if found else 0


def _asked(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.restore", description=__doc__)
    parser.add_argument("--stack", required=True, help="the stack's name, e.g. sop-desk")
    parser.add_argument("--at", type=_moment, help="as it was when, e.g. 2026-11-22T03:00Z; within the last 35 days")
    parser.add_argument("--put-back", action="store_true", help="put back what is missing")
    parser.add_argument("--only", action="append", help="a partition that is made what it was, e.g. CASE#SOP-7K2M9QXA")
    parser.add_argument("--deleted", action="store_true", help="bring back tables that are gone")
    asked = parser.parse_args(argv)
    if asked.put_back and asked.at is None:
        parser.error("--put-back wants --at: as it was when?")
    if asked.only and not asked.put_back:
        parser.error("--only wants --put-back: without it nothing is changed")
    return asked


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is no time such as 2026-11-22T03:00Z") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
