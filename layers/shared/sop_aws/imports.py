"""Jobs with the transfer sheets, in DynamoDB: one worker has each at a time, the sweep finds it until it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import uuid4

import msgspec

from sop_aws.table import NEW, UNCHANGED, Cancelled, ConditionFailed, StaleRecord, attributes, text
from sop_core.transfers.records import FINISHED, ImportRecord

if TYPE_CHECKING:
    from sop_aws.table import Item, Table, Writes

INDEX: Final = "pending"
PENDING: Final = "PENDING#IMPORT"


class UnknownImport(LookupError):
    """There is no import of that id."""


class ImportBusy(Exception):
    """The import is being worked on by someone else until its lease ends."""


class ImportOver(Exception):
    """The import was carried to its end before."""


class ImportStore:
    """One upload on its way to a sheet, a workbook on its way to an admin, or a customer to be erased."""

    def __init__(self, table: Table) -> None:
        """Take the transfers table."""
        self._table = table

    def create(self, record: ImportRecord, *, also: Writes = ()) -> ImportRecord:
        """Store a new import, visible to the sweep at once, in one transaction with the writes ``also``.

        For one that is there already nothing is written, and the stored one returned.
        """
        try:
            item = _item(record, pending_at=record.created_at)
            self._table.transact([self._table.write(item, when=NEW), *also])
        except Cancelled:
            return self.get(record.id) or record
        return record

    def get(self, import_id: str) -> ImportRecord | None:
        """Return the record of an import, read consistently."""
        item = self._table.get(*_key(import_id))
        return _record(item) if item else None

    def begin(self, import_id: str, *, at: str, until: str) -> ImportRecord:
        """Take the import for oneself until the time given.

        :raises ImportBusy: while another worker has it.
        :raises ImportOver: if nothing is left to do.
        """
        record = self.get(import_id)
        if record is None:
            raise UnknownImport(import_id)
        if record.state in FINISHED:
            raise ImportOver(import_id)
        begun = msgspec.structs.replace(
            record, state="running", attempts=record.attempts + 1, version=record.version + 1, updated_at=at
        )
        is_free = f"{UNCHANGED} AND #pending_at <= :now"
        # The holder tells two workers apart who begin in the same second.
        item = {**_item(begun, pending_at=until), "holder": {"S": uuid4().hex}}
        try:
            self._table.put(item, when=is_free, version=record.version, now=at)
        except ConditionFailed as error:
            # A write whose answer was lost is repeated by the client and then finds itself.
            if self._table.get(*_key(import_id)) != item:
                raise ImportBusy(import_id) from error
        return begun

    def save(self, record: ImportRecord, *, until: str) -> ImportRecord:
        """Store a change of an import that one holds; a finished one leaves the sweep's index."""
        changed = msgspec.structs.replace(record, version=record.version + 1)
        self._table.replace(_item(changed, pending_at=until), seen=record.version)
        return changed

    def requeue(self, import_id: str, *, at: str) -> ImportRecord:
        """Let an import that was refused for its columns begin again; one that goes on already is left alone."""
        record = self.get(import_id)
        if record is None:
            raise UnknownImport(import_id)
        if not record.missing:
            return record
        again = msgspec.structs.replace(
            record, state="queued", attempts=0, updated_at=at, error=None, error_kind=None, missing=(), headers=()
        )
        try:
            return self.save(again, until=at)
        except StaleRecord:
            return self.get(import_id) or again

    def unfinished(self) -> tuple[ImportRecord, ...]:
        """Return every import that is not over, whoever works on it."""
        return tuple(_record(item) for item in self._table.query("#pending_pk = :pk", index=INDEX, pk=PENDING))

    def due(self, now: str, limit: int = 25) -> tuple[ImportRecord, ...]:
        """Return unfinished imports that nobody is working on, oldest first: the sweep wakes them."""
        when = "#pending_pk = :pk AND #pending_at <= :now"
        return tuple(_record(item) for item in self._table.query(when, limit=limit, index=INDEX, pk=PENDING, now=now))


def _record(item: Item) -> ImportRecord:
    return msgspec.json.decode(text(item, "body"), type=ImportRecord)


def _key(import_id: str) -> tuple[str, str]:
    return f"IMPORT#{import_id}", "IMPORT"


def _item(record: ImportRecord, *, pending_at: str) -> Item:
    pk, sk = _key(record.id)
    waits = record.state not in FINISHED
    return attributes(
        pk=pk,
        sk=sk,
        version=record.version,
        state=record.state,
        body=msgspec.json.encode(record).decode(),
        pending_pk=PENDING if waits else None,
        pending_at=pending_at if waits else None,
    )
