"""The transfer sheet in DynamoDB: sheets, their projects, the pointer to the active one, and imports on their way."""

from __future__ import annotations

import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import uuid4

import msgspec

from sop_aws.columns import ColumnStore
from sop_aws.table import NEW, UNCHANGED, Cancelled, ConditionFailed, Contended, Table
from sop_core.transfers.exact import Bucket, bucket_count, bucket_of, buckets, readings
from sop_core.transfers.project import Project
from sop_core.transfers.records import ACTIVATABLE, FINISHED, ActiveSheet, ImportRecord, Sheet, SheetState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from sop_aws.table import Writes
    from sop_core.transfers.records import SnapshotRef

SHARDS: Final = 16
BATCH: Final = 25
FETCH: Final = 100
WRITERS: Final = 8
TRIES: Final = 12
PENDING: Final = "PENDING#IMPORT"

Item = dict[str, Any]
T = TypeVar("T")


class UnknownSheet(LookupError):
    """There is no sheet of that id (any more)."""


class UnknownImport(LookupError):
    """There is no import of that id."""


class SheetNotReady(Exception):
    """The sheet cannot be activated or discarded in the state it is in."""

    def __init__(self, sheet: Sheet) -> None:
        super().__init__(f"sheet {sheet.id} is {sheet.state}")
        self.sheet = sheet


class SheetChanged(Exception):
    """Another activation came first; ``current`` is what agents see now."""

    def __init__(self, current: ActiveSheet | None) -> None:
        super().__init__("another sheet was activated in the meantime")
        self.current = current


class ImportBusy(Exception):
    """The import is being worked on by someone else until its lease ends."""


class ImportOver(Exception):
    """The import was carried to its end before."""


class StaleRecord(Exception):
    """The record was changed since it was read."""


class Throttled(Exception):
    """DynamoDB still left items unprocessed after every retry."""


class TransferStore:
    """Sheets and imports of one table. ``pause`` waits between retries of throttled writes (seconds).

    ``columns`` are those that admins named.
    """

    def __init__(self, client: DynamoDBClient, table: str, *, pause: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._table = table
        self._items = Table(client, table, sleep=pause)
        self._pause = pause
        self.columns = ColumnStore(client, table)

    # -- the active sheet

    def active(self) -> ActiveSheet | None:
        """Return what agents see now, read consistently."""
        item = self._get(_ACTIVE)
        return msgspec.json.decode(item["body"]["S"], type=ActiveSheet) if item else None

    def activate(
        self, sheet: str, expected: int | None = None, *, actor: str, at: str, also: Writes = ()
    ) -> ActiveSheet:
        """Make ``sheet`` the active one, in one transaction (with the writes ``also``); a repeat changes nothing.

        ``expected`` is the activation count the admin has seen (``0``: none active); without it, the one the sheet was
        compared with.

        :raises UnknownSheet: if there is no such sheet.
        :raises SheetNotReady: if it is in no state to be activated.
        :raises SheetChanged: if another activation was faster.
        :raises sop_aws.table.Contended: if others kept writing these sheets, and nothing was activated.
        """
        for _ in range(TRIES):
            record = self._require(sheet)
            current = self.active()
            if current and current.sheet == sheet:
                return current
            if record.state not in ACTIVATABLE:
                raise SheetNotReady(record)
            seen = record.difference.against_version if expected is None else expected
            if seen != (current.version if current else 0):
                raise SheetChanged(current)
            following = _following(record, version=seen + 1, actor=actor, at=at)
            try:
                self._items.transact([*self._activation(record, current, following), *also])
            except Cancelled:
                # Something moved since it was read: who was faster, and at what, is seen by looking again.
                continue
            return following
        raise Contended

    def _activation(
        self, record: Sheet, current: ActiveSheet | None, following: ActiveSheet
    ) -> list[TransactWriteItemTypeDef]:
        activated = msgspec.structs.replace(
            record, state="active", activated_at=following.activated_at, activated_by=following.activated_by
        )
        writes = [self._pointer_write(following), self._change_write(activated)]
        if current and (previous := self.sheet(current.sheet)):
            writes.append(self._change_write(msgspec.structs.replace(previous, state="superseded")))
        return writes

    def _pointer_write(self, following: ActiveSheet) -> TransactWriteItemTypeDef:
        item = _pointer_item(following)
        return self._items.write(item, when=f"{NEW} OR {UNCHANGED}", version=following.version - 1)

    # -- sheets

    def sheet(self, sheet: str) -> Sheet | None:
        """Return the record of a sheet, read consistently."""
        item = self._get(_sheet_key(sheet))
        return msgspec.json.decode(item["body"]["S"], type=Sheet) if item else None

    def _require(self, sheet: str) -> Sheet:
        record = self.sheet(sheet)
        if record is None:
            raise UnknownSheet(sheet)
        return record

    def create_sheet(self, sheet: Sheet) -> Sheet:
        """Store a new sheet and its line in the history; for a sheet that is there already, return the stored one."""
        line = {"pk": {"S": "SHEETS"}, "sk": {"S": f"{sheet.uploaded_at}#{sheet.id}"}, "sheet": {"S": sheet.id}}
        with suppress(Cancelled):
            self._items.transact([self._items.write(_sheet_item(sheet), when=NEW), self._items.write(line)])
        # Read even after a success: AWS calls the same transaction again one, within ten minutes.
        return self._require(sheet.id)

    def save_sheet(self, sheet: Sheet, *, also: Writes = ()) -> Sheet:
        """Store a change of a sheet that was read at ``sheet.version``, in one transaction with the writes ``also``.

        :raises StaleRecord: if it has moved on since.
        """
        changed = msgspec.structs.replace(sheet, version=sheet.version + 1)
        self._put_version(_sheet_item(changed), sheet.version, also)
        return changed

    def discard(self, sheet: str, *, also: Writes = ()) -> Sheet:
        """Give up a sheet that is not active, in one transaction with the writes ``also``; twice is one discard."""
        record = self._require(sheet)
        if record.state == "discarded":
            return record
        if record.state != "ready":
            raise SheetNotReady(record)
        try:
            return self.save_sheet(msgspec.structs.replace(record, state="discarded"), also=also)
        except StaleRecord as lost:
            raise SheetNotReady(self._require(sheet)) from lost

    def history(self, limit: int = 20) -> tuple[Sheet, ...]:
        """Return the newest sheets, newest first."""
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": "SHEETS"}},
            ScanIndexForward=False,
            Limit=limit,
            ConsistentRead=True,
        )
        sheets = (self.sheet(line["sheet"]["S"]) for line in answer["Items"])
        return tuple(sheet for sheet in sheets if sheet)

    def sheet_of_file(self, sha256: str) -> Sheet | None:
        """Return the sheet that was last read from a file of this hash, if its projects are still kept."""
        item = self._get(_file_key(sha256))
        sheet = self.sheet(item["sheet"]["S"]) if item else None
        return sheet if sheet and sheet.state in ("ready", "active", "superseded") else None

    def remember_file(self, sheet: Sheet) -> None:
        """Note which sheet a file's hash stands for."""
        self._items.put({**_file_key(sheet.file_sha256), "sheet": {"S": sheet.id}})

    def _change_write(self, sheet: Sheet) -> TransactWriteItemTypeDef:
        changed = msgspec.structs.replace(sheet, version=sheet.version + 1)
        return self._items.write(_sheet_item(changed), when=UNCHANGED, version=sheet.version)

    def put_snapshot(self, sheet: Sheet, snapshot: SnapshotRef) -> Sheet:
        """Let a sheet be searched by another snapshot, also where it is the active one.

        :raises StaleRecord: if the sheet, or which one is active, has changed meanwhile.
        """
        active = self.active()
        saved = self.save_sheet(msgspec.structs.replace(sheet, snapshot=snapshot))
        if active and active.sheet == sheet.id:
            pointer = _pointer_item(msgspec.structs.replace(active, snapshot=snapshot))
            self._put_version(pointer, active.version)
        return saved

    # -- projects

    def project(self, sheet: str, key: str) -> Project | None:
        """Return one project of a sheet."""
        item = self._get(project_key(sheet, key), consistent=False)
        return _project(item) if item else None

    def projects(self, sheet: str, keys: Sequence[str]) -> tuple[Project, ...]:
        """Return the projects of these keys in the order asked; keys that are not there are left out."""
        found: dict[str, Project] = {}
        for some in _chunks(dict.fromkeys(keys), FETCH):
            found |= {project.key: project for project in self._fetch(sheet, some)}
        return tuple(found[key] for key in keys if key in found)

    def _fetch(self, sheet: str, keys: Iterable[str]) -> Iterator[Project]:
        wanted: Mapping[str, Any] = {self._table: {"Keys": [project_key(sheet, key) for key in keys]}}
        for tried in range(TRIES):
            answer = self._client.batch_get_item(RequestItems=wanted)
            yield from (_project(item) for item in answer["Responses"].get(self._table, []))
            wanted = answer.get("UnprocessedKeys", {})
            if not wanted:
                return
            self._pause(_backoff(tried))
        raise Throttled(self._table)

    def all_projects(self, sheet: str) -> Iterator[Project]:
        """Yield every project of a sheet, shard by shard."""
        pages = self._client.get_paginator("query")
        for shard in range(SHARDS):
            for page in pages.paginate(
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": f"SHEET#{sheet}#{shard}"}},
                ConsistentRead=True,
            ):
                yield from (_project(item) for item in page["Items"])

    def put_projects(
        self,
        sheet: str,
        projects: Iterable[Project],
        *,
        progress: Callable[[int], None] | None = None,
        expires_at: int | None = None,
    ) -> int:
        """Write projects in batches, several at a time, and return how many; writing them again changes nothing.

        ``progress`` hears how many are stored so far.
        """
        written = 0
        batches = _chunks((_project_item(sheet, project, expires_at) for project in projects), BATCH)
        with ThreadPoolExecutor(WRITERS) as pool:
            # A window of batches at a time, so that a large sheet's items are not all held at once.
            for window in _chunks(batches, WRITERS):
                for count in pool.map(self._write_batch, window):
                    written += count
                if progress:
                    progress(written)
        return written

    def _write_batch(self, items: list[Item]) -> int:
        left: Mapping[str, Any] = {self._table: [{"PutRequest": {"Item": item}} for item in items]}
        for tried in range(TRIES):
            left = self._client.batch_write_item(RequestItems=left).get("UnprocessedItems", {})
            if not left:
                return len(items)
            self._pause(_backoff(tried))
        raise Throttled(self._table)

    def put_exact(self, sheet: str, projects: Sequence[Project], *, expires_at: int | None = None) -> None:
        """Write what the look-up without a search snapshot needs; writing it again changes nothing."""
        made = buckets(projects, bucket_count(len(projects)))
        items = (_bucket_item(sheet, number, bucket, expires_at) for number, bucket in made.items())
        with ThreadPoolExecutor(WRITERS) as pool:
            for window in _chunks(_chunks(items, BATCH), WRITERS):
                list(pool.map(self._write_batch, window))

    def exact(self, sheet: Sheet, text: str, limit: int) -> tuple[Project, ...]:
        """Return the projects that the sheet knows by exactly this id, name, address, phone or e-mail."""
        count = bucket_count(sheet.counts.projects)
        keys: list[str] = []
        for form in readings(text):
            item = self._get(bucket_key(sheet.id, bucket_of(form, count)), consistent=False)
            bucket = msgspec.json.decode(item["body"]["S"], type=Bucket) if item else {}
            keys += bucket.get(form, [])
        return self.projects(sheet.id, list(dict.fromkeys(keys))[:limit])

    def retire(
        self,
        *,
        keep: int,
        expires_at: int,
        unfinished_before: str,
        unused_before: str,
        forget: Callable[[str], object],
    ) -> tuple[str, ...]:
        """Let rows expire: of superseded sheets beyond the newest ``keep``, of discarded ones, of imports left behind.

        ``unfinished_before`` is the upload time before which a sheet that never became ready counts as left behind,
        ``unused_before`` the one before which a sheet that was never activated goes. ``forget`` deletes what is kept of
        a sheet elsewhere. Return the sheets that are gone; one whose retirement was cut off is among the next.
        """
        sheets = self.history(limit=FETCH)
        kept = [sheet.id for sheet in sheets if sheet.state == "superseded"][:keep]
        going = [s for s in sheets if s.id not in kept and _may_go(s, unfinished_before, unused_before)]
        return tuple(sheet.id for sheet in going if self._expire(sheet, expires_at, forget))

    def _expire(self, sheet: Sheet, expires_at: int, forget: Callable[[str], object]) -> bool:
        try:
            # First the state, so that nobody rolls back to a sheet whose rows are going.
            going = self.save_sheet(msgspec.structs.replace(sheet, state="expiring"))
            projects = tuple(self.all_projects(sheet.id))
            # The projects last: were it cut off, the look-up could not be named again without them.
            self.put_exact(sheet.id, projects, expires_at=expires_at)
            self.put_projects(sheet.id, projects, expires_at=expires_at)
            forget(sheet.id)
            self.save_sheet(msgspec.structs.replace(going, state="expired"))
        except StaleRecord:
            # Agents got it back in this moment, or another worker retires it.
            return False
        return True

    # -- imports: one upload on its way to a sheet

    def create_import(self, record: ImportRecord, *, also: Writes = ()) -> ImportRecord:
        """Store a new import, visible to the sweep at once, in one transaction with the writes ``also``.

        For one that is there already nothing is written, and the stored one returned.
        """
        try:
            item = _import_item(record, pending_at=record.created_at)
            self._items.transact([self._items.write(item, when=NEW), *also])
        except Cancelled:
            return self.get_import(record.id) or record
        return record

    def get_import(self, import_id: str) -> ImportRecord | None:
        """Return the record of an import, read consistently."""
        item = self._get(_import_key(import_id))
        return msgspec.json.decode(item["body"]["S"], type=ImportRecord) if item else None

    def begin_import(self, import_id: str, *, at: str, until: str) -> ImportRecord:
        """Take the import for oneself until the time given.

        :raises ImportBusy: while another worker has it.
        :raises ImportOver: if nothing is left to do.
        """
        record = self.get_import(import_id)
        if record is None:
            raise UnknownImport(import_id)
        if record.state in FINISHED:
            raise ImportOver(import_id)
        begun = msgspec.structs.replace(
            record, state="running", attempts=record.attempts + 1, version=record.version + 1, updated_at=at
        )
        is_free = f"{UNCHANGED} AND #pending_at <= :now"
        # The holder tells two workers apart who begin in the same second.
        item = {**_import_item(begun, pending_at=until), "holder": {"S": uuid4().hex}}
        try:
            self._items.put(item, when=is_free, version=record.version, now=at)
        except ConditionFailed as error:
            # A write whose answer was lost is repeated by the client and then finds itself.
            if self._get(_import_key(import_id)) != item:
                raise ImportBusy(import_id) from error
        return begun

    def save_import(self, record: ImportRecord, *, until: str) -> ImportRecord:
        """Store a change of an import that one holds; a finished one leaves the sweep's index."""
        changed = msgspec.structs.replace(record, version=record.version + 1)
        self._put_version(_import_item(changed, pending_at=until), record.version)
        return changed

    def requeue_import(self, import_id: str, *, at: str) -> ImportRecord:
        """Let an import that was refused for its columns begin again; one that goes on already is left alone."""
        record = self.get_import(import_id)
        if record is None:
            raise UnknownImport(import_id)
        if not record.missing:
            return record
        again = msgspec.structs.replace(
            record, state="queued", attempts=0, updated_at=at, error=None, error_kind=None, missing=(), headers=()
        )
        try:
            return self.save_import(again, until=at)
        except StaleRecord:
            return self.get_import(import_id) or again

    def unfinished_imports(self) -> tuple[ImportRecord, ...]:
        """Return every import that is not over, whoever works on it."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName="pending",
            KeyConditionExpression="pending_pk = :pk",
            ExpressionAttributeValues={":pk": {"S": PENDING}},
        )
        items = (item for page in pages for item in page["Items"])
        return tuple(msgspec.json.decode(item["body"]["S"], type=ImportRecord) for item in items)

    def due_imports(self, now: str, limit: int = 25) -> tuple[ImportRecord, ...]:
        """Return unfinished imports that nobody is working on, oldest first: the sweep wakes them."""
        answer = self._client.query(
            TableName=self._table,
            IndexName="pending",
            KeyConditionExpression="pending_pk = :pk AND pending_at <= :now",
            ExpressionAttributeValues={":pk": {"S": PENDING}, ":now": {"S": now}},
            Limit=limit,
        )
        return tuple(msgspec.json.decode(item["body"]["S"], type=ImportRecord) for item in answer["Items"])

    # -- plumbing

    def _get(self, key: Item, *, consistent: bool = True) -> Item | None:
        return self._client.get_item(TableName=self._table, Key=key, ConsistentRead=consistent).get("Item")

    def _put_version(self, item: Item, seen: int, also: Writes = ()) -> None:
        try:
            if also:
                self._items.transact([self._items.write(item, when=UNCHANGED, version=seen), *also])
            else:
                self._items.put(item, when=UNCHANGED, version=seen)
        except (ConditionFailed, Cancelled) as error:
            # A write whose answer was lost is repeated by the client and then finds itself.
            if self._get({name: item[name] for name in ("pk", "sk")}) != item:
                raise StaleRecord(item["pk"]["S"]) from error


_ACTIVE: Final[Item] = {"pk": {"S": "ACTIVE"}, "sk": {"S": "ACTIVE"}}


def _sheet_key(sheet: str) -> Item:
    return {"pk": {"S": f"SHEET#{sheet}"}, "sk": {"S": "SHEET"}}


def _file_key(sha256: str) -> Item:
    return {"pk": {"S": f"FILE#{sha256}"}, "sk": {"S": "FILE"}}


def _pointer_item(active: ActiveSheet) -> Item:
    return {
        **_ACTIVE,
        "sheet": {"S": active.sheet},
        "version": {"N": str(active.version)},
        "body": _body(active),
    }


def _import_key(import_id: str) -> Item:
    return {"pk": {"S": f"IMPORT#{import_id}"}, "sk": {"S": "IMPORT"}}


def project_key(sheet: str, key: str) -> Item:
    """Return the key of a project of a sheet."""
    shard = zlib.crc32(key.encode()) % SHARDS
    return {"pk": {"S": f"SHEET#{sheet}#{shard}"}, "sk": {"S": f"PROJECT#{key}"}}


def bucket_key(sheet: str, number: int) -> Item:
    """Return the key of a bucket of the exact look-up."""
    return {"pk": {"S": f"SHEET#{sheet}#EXACT"}, "sk": {"S": f"BUCKET#{number:05}"}}


def _bucket_item(sheet: str, number: int, bucket: Bucket, expires_at: int | None) -> Item:
    item = {**bucket_key(sheet, number), "body": {"S": msgspec.json.encode(bucket).decode()}}
    return item if expires_at is None else {**item, "expires_at": {"N": str(expires_at)}}


def _project_item(sheet: str, project: Project, expires_at: int | None) -> Item:
    item = {**project_key(sheet, project.key), "body": _body(project)}
    return item if expires_at is None else {**item, "expires_at": {"N": str(expires_at)}}


def _project(item: Mapping[str, Any]) -> Project:
    return msgspec.json.decode(item["body"]["S"], type=Project)


def _sheet_item(sheet: Sheet) -> Item:
    return {
        **_sheet_key(sheet.id),
        "version": {"N": str(sheet.version)},
        "state": {"S": sheet.state},
        "body": _body(sheet),
    }


def _import_item(record: ImportRecord, *, pending_at: str) -> Item:
    item = {
        **_import_key(record.id),
        "version": {"N": str(record.version)},
        "state": {"S": record.state},
        "body": _body(record),
    }
    if record.state in FINISHED:
        return item
    return {**item, "pending_pk": {"S": PENDING}, "pending_at": {"S": pending_at}}


def _following(sheet: Sheet, *, version: int, actor: str, at: str) -> ActiveSheet:
    return ActiveSheet(
        sheet=sheet.id,
        version=version,
        activated_at=at,
        activated_by=actor,
        uploaded_at=sheet.uploaded_at,
        uploaded_by=sheet.uploaded_by,
        file_name=sheet.file_name,
        file_sha256=sheet.file_sha256,
        counts=sheet.counts,
        snapshot=sheet.snapshot,
    )


def _may_go(sheet: Sheet, unfinished_before: str, unused_before: str) -> bool:
    until: dict[SheetState, str] = {"loading": unfinished_before, "ready": unused_before}
    return sheet.state in {"superseded", "discarded", "expiring"} or sheet.uploaded_at < until.get(sheet.state, "")


def _body(value: msgspec.Struct) -> dict[str, str]:
    return {"S": msgspec.json.encode(value).decode()}


def _chunks(values: Iterable[T], size: int) -> Iterator[list[T]]:
    source = iter(values)
    while chunk := list(islice(source, size)):
        yield chunk


def _backoff(tried: int) -> float:
    return min(2.0, 0.05 * float(2**tried))
