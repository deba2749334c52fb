"""The transfer sheets in DynamoDB: their records, which one is active, and how old ones go."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec

from sop_aws.table import NEW, UNCHANGED, Cancelled, Contended, StaleRecord, attributes, text
from sop_core.transfers.records import ACTIVATABLE, ActiveSheet, Sheet, SheetState

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from sop_aws.projects import ProjectStore
    from sop_aws.table import Item, Table, Writes
    from sop_core.transfers.records import SnapshotRef

ACTIVE: Final = ("ACTIVE", "ACTIVE")
HISTORY: Final = "SHEETS"
MOST: Final = 100
"""So many sheets are looked at for what may go."""
TRIES: Final = 12


class UnknownSheet(LookupError):
    """There is no sheet of that id (any more)."""


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


class SheetStore:
    """The records of sheets and the pointer to the active one, switched by one conditional transaction."""

    def __init__(self, table: Table, projects: ProjectStore) -> None:
        """Take the transfers table, and the projects that go with their sheet."""
        self._table = table
        self._projects = projects

    def active(self) -> ActiveSheet | None:
        """Return what agents see now, read consistently."""
        item = self._table.get(*ACTIVE)
        return msgspec.json.decode(text(item, "body"), type=ActiveSheet) if item else None

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
                self._table.transact([*self._activation(record, current, following), *also])
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
        if current and (previous := self.get(current.sheet)):
            writes.append(self._change_write(msgspec.structs.replace(previous, state="superseded")))
        return writes

    def _pointer_write(self, following: ActiveSheet) -> TransactWriteItemTypeDef:
        item = _pointer_item(following)
        return self._table.write(item, when=f"{NEW} OR {UNCHANGED}", version=following.version - 1)

    def get(self, sheet: str) -> Sheet | None:
        """Return the record of a sheet, read consistently."""
        item = self._table.get(*_sheet_key(sheet))
        return msgspec.json.decode(text(item, "body"), type=Sheet) if item else None

    def _require(self, sheet: str) -> Sheet:
        record = self.get(sheet)
        if record is None:
            raise UnknownSheet(sheet)
        return record

    def create(self, sheet: Sheet) -> Sheet:
        """Store a new sheet and its line in the history; for a sheet that is there already, return the stored one."""
        line = attributes(pk=HISTORY, sk=f"{sheet.uploaded_at}#{sheet.id}", sheet=sheet.id)
        with suppress(Cancelled):
            self._table.transact([self._table.write(_sheet_item(sheet), when=NEW), self._table.write(line)])
        # Read even after a success: AWS calls the same transaction again one, within ten minutes.
        return self._require(sheet.id)

    def save(self, sheet: Sheet, *, also: Writes = ()) -> Sheet:
        """Store a change of a sheet that was read at ``sheet.version``, in one transaction with the writes ``also``.

        :raises StaleRecord: if it has moved on since.
        """
        changed = msgspec.structs.replace(sheet, version=sheet.version + 1)
        self._table.replace(_sheet_item(changed), seen=sheet.version, also=also)
        return changed

    def discard(self, sheet: str, *, also: Writes = ()) -> Sheet:
        """Give up a sheet that is not active, in one transaction with the writes ``also``; twice is one discard."""
        record = self._require(sheet)
        if record.state == "discarded":
            return record
        if record.state != "ready":
            raise SheetNotReady(record)
        try:
            return self.save(msgspec.structs.replace(record, state="discarded"), also=also)
        except StaleRecord as lost:
            raise SheetNotReady(self._require(sheet)) from lost

    def history(self, limit: int = 20) -> tuple[Sheet, ...]:
        """Return the newest sheets, newest first."""
        lines = self._table.query("#pk = :pk", limit=limit, backwards=True, pk=HISTORY)
        sheets = (self.get(text(line, "sheet")) for line in lines)
        return tuple(sheet for sheet in sheets if sheet)

    def of_file(self, sha256: str) -> Sheet | None:
        """Return the sheet that was last read from a file of this hash, if its projects are still kept."""
        item = self._table.get(*_file_key(sha256))
        sheet = self.get(text(item, "sheet")) if item else None
        return sheet if sheet and sheet.state in ("ready", "active", "superseded") else None

    def remember_file(self, sheet: Sheet) -> None:
        """Note which sheet a file's hash stands for."""
        pk, sk = _file_key(sheet.file_sha256)
        self._table.put(attributes(pk=pk, sk=sk, sheet=sheet.id))

    def _change_write(self, sheet: Sheet) -> TransactWriteItemTypeDef:
        changed = msgspec.structs.replace(sheet, version=sheet.version + 1)
        return self._table.write(_sheet_item(changed), when=UNCHANGED, version=sheet.version)

    def put_snapshot(self, sheet: Sheet, snapshot: SnapshotRef) -> Sheet:
        """Let a sheet be searched by another snapshot, also where it is the active one.

        :raises StaleRecord: if the sheet, or which one is active, has changed meanwhile.
        """
        active = self.active()
        saved = self.save(msgspec.structs.replace(sheet, snapshot=snapshot))
        if active and active.sheet == sheet.id:
            pointer = _pointer_item(msgspec.structs.replace(active, snapshot=snapshot))
            self._table.replace(pointer, seen=active.version)
        return saved

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
        sheets = self.history(limit=MOST)
        kept = [sheet.id for sheet in sheets if sheet.state == "superseded"][:keep]
        going = [s for s in sheets if s.id not in kept and _may_go(s, unfinished_before, unused_before)]
        return tuple(sheet.id for sheet in going if self._expire(sheet, expires_at, forget))

    def _expire(self, sheet: Sheet, expires_at: int, forget: Callable[[str], object]) -> bool:
        try:
            # First the state, so that nobody rolls back to a sheet whose rows are going.
            going = self.save(msgspec.structs.replace(sheet, state="expiring"))
            projects = tuple(self._projects.all(sheet.id))
            # The projects last: were it cut off, the look-up could not be named again without them.
            self._projects.put_exact(sheet.id, projects, expires_at=expires_at)
            self._projects.put(sheet.id, projects, expires_at=expires_at)
            forget(sheet.id)
            self.save(msgspec.structs.replace(going, state="expired"))
        except StaleRecord:
            # Agents got it back in this moment, or another worker retires it.
            return False
        return True


def _sheet_key(sheet: str) -> tuple[str, str]:
    return f"SHEET#{sheet}", "SHEET"


def _file_key(sha256: str) -> tuple[str, str]:
    return f"FILE#{sha256}", "FILE"


def _pointer_item(active: ActiveSheet) -> Item:
    pk, sk = ACTIVE
    body = msgspec.json.encode(active).decode()
    return attributes(pk=pk, sk=sk, sheet=active.sheet, version=active.version, body=body)


def _sheet_item(sheet: Sheet) -> Item:
    pk, sk = _sheet_key(sheet.id)
    body = msgspec.json.encode(sheet).decode()
    return attributes(pk=pk, sk=sk, version=sheet.version, state=sheet.state, body=body)


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
