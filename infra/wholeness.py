"""Whether stored data is whole: nothing refers to what is not there. For after a restore, and whenever one wonders."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import msgspec

from sop_aws.objects import keys_under
from sop_aws.snapshots import SnapshotStore
from sop_aws.transfers import TransferStore
from sop_core.transfers.matching import build
from sop_core.transfers.records import ActiveSheet, Sheet

EVERY_SHEET: Final = 10_000
KEPT: Final = frozenset({"active", "ready", "superseded"})
"""Sheets that agents see, or that an admin may let them see."""

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

    from sop_aws.table import Item


class Stored(msgspec.Struct, frozen=True):
    """Everything in the three tables."""

    cases: tuple[Item, ...]
    transfers: tuple[Item, ...]
    settings: tuple[Item, ...]


def problems(stored: Stored, *, has_file: Callable[[str], bool]) -> list[str]:
    """Return one sentence for each thing that is not whole; ids only, nothing of a customer."""
    return [*_of_cases(stored.cases), *_of_transfers(stored.transfers, has_file), *_of_settings(stored.settings)]


def rebuilt_snapshots(database: DynamoDBClient, files: S3Client, table: str, bucket: str) -> Iterator[str]:
    """Build search snapshots of kept sheets that are not in the bucket anew, from the rows; yield a line for each."""
    transfers, snapshots = TransferStore(database, table), SnapshotStore(files, bucket)
    there = set(keys_under(files, bucket, "snapshots/"))
    for sheet in transfers.sheets.history(EVERY_SHEET):
        if sheet.state in KEPT and sheet.snapshot is not None and sheet.snapshot.key not in there:
            made = snapshots.put(sheet.id, build(tuple(transfers.projects.all(sheet.id))), beside=True)
            transfers.sheets.put_snapshot(sheet, made)
            yield f"{bucket}: the search snapshot of sheet {sheet.id} was built anew"


def _of_cases(items: tuple[Item, ...]) -> Iterator[str]:
    places = _by_partition(items)
    for pk, found in places.items():
        events = [int(sk.partition("#")[2]) for sk in found if sk.startswith("EVENT#")]
        case = found.get("CASE")
        if not pk.startswith("CASE#") or not (events or case or "CARD" in found):
            continue
        if case is None:
            yield f"{pk}: what happened to the case is there, and the case is not."
        elif sorted(events) != list(range(1, int(case["version"]["N"]) + 1)):
            yield f"{pk}: the case is at version {case['version']['N']}, and its events do not lead there."


def _of_transfers(items: tuple[Item, ...], has_file: Callable[[str], bool]) -> Iterator[str]:
    places = _by_partition(items)
    pointer = places.get("ACTIVE", {}).get("ACTIVE")
    if pointer is None:
        if any(pk.startswith("SHEET#") for pk in places):
            yield "No sheet is active, although there are some: activate one (/transfers rollback)."
        return
    active = msgspec.json.decode(pointer["body"]["S"], type=ActiveSheet)
    record = places.get(f"SHEET#{active.sheet}", {}).get("SHEET")
    if record is None:
        yield f"The active sheet {active.sheet} has no record."
        return
    sheet = msgspec.json.decode(record["body"]["S"], type=Sheet)
    rows = sum(
        sk.startswith("PROJECT#") for pk, found in places.items() if pk.startswith(f"SHEET#{sheet.id}#") for sk in found
    )
    if rows != sheet.counts.projects:
        yield f"The active sheet {sheet.id} has {rows} of its {sheet.counts.projects} projects."
    if active.snapshot is not None and not has_file(active.snapshot.key):
        yield f"The search snapshot of the active sheet {sheet.id} is not in the bucket."


def _of_settings(items: tuple[Item, ...]) -> Iterator[str]:
    places = _by_partition(items)
    settings = places.get("SETTINGS", {})
    versions = [int(sk.partition("#")[2]) for sk in settings if sk.startswith("AUDIT#")]
    current = settings.get("CURRENT")
    if current is None and versions:
        yield "The history of the settings is there, and the settings are not: the shipped ones are in force."
    elif current is not None and max(versions, default=0) != int(current["version"]["N"]):
        yield (
            f"The settings are at version {current['version']['N']} and their history at {max(versions, default=0)}:"
            " --at … --put-back --only SETTINGS makes them what they were."
        )
    for sk in places.get("PROCEDURES", {}):
        kind, _, rest = sk.partition("#")
        digest = rest.partition("#")[2]
        if kind == "VERSION" and "COMPILED" not in places.get(f"PROCEDURE#{digest}", {}):
            procedure = rest.partition("#")[0]
            yield f"Version {digest[:12]} of the procedure {procedure} is listed, and what it says is not there."


def _by_partition(items: tuple[Item, ...]) -> dict[str, dict[str, Item]]:
    places: dict[str, dict[str, Item]] = defaultdict(dict)
    for item in items:
        places[item["pk"]["S"]][item["sk"]["S"]] = item
    return places
