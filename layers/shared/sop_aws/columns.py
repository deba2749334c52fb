"""Which header stands for a field where an admin said so, and every change of that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from sop_aws.table import Cancelled, Contended, Table, attributes, text
from sop_core.transfers.columns import renamed
from sop_core.transfers.records import ColumnChange

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from sop_aws.table import Writes

PK: Final = "COLUMNS"
TRIES: Final = 6


class ColumnStore:
    """The columns that admins named, in the table of the transfer sheets; version 0: nobody named any."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        """Take the client and the table's name."""
        self._table = Table(client, table)

    def named(self) -> dict[str, str]:
        """Return field to header."""
        return self._stored()[1]

    def change(self, changed: Mapping[str, str | None], *, actor: str, at: str, also: Writes = ()) -> None:
        """Name columns beside those named already, or with ``None`` forget one; who did it and when is kept.

        ``also`` is written in the same transaction; where nothing changes, nothing is written.

        :raises sop_aws.table.Contended: if others kept changing them.
        """
        for _ in range(TRIES):
            version, before = self._stored()
            after = renamed(before, changed)
            if after == before:
                return
            change = ColumnChange(version=version + 1, before=before, after=after, actor=actor, at=at)
            try:
                self._put(change, also)
            except Cancelled:
                continue
            return
        raise Contended

    def changes(self, limit: int) -> tuple[ColumnChange, ...]:
        """Return the latest changes, the newest first."""
        items = self._table.query(
            "#pk = :pk AND begins_with(#sk, :prefix)", limit=limit, backwards=True, pk=PK, prefix="CHANGE#"
        )
        return tuple(msgspec.json.decode(text(item, "body"), type=ColumnChange) for item in items)

    def _stored(self) -> tuple[int, dict[str, str]]:
        item = self._table.get(PK, PK)
        if item is None:
            return 0, {}
        return int(item["version"]["N"]), msgspec.json.decode(text(item, "body"), type=dict[str, str])

    def _put(self, change: ColumnChange, also: Writes) -> None:
        body = msgspec.json.encode(change.after).decode()
        current = attributes(pk=PK, sk=PK, version=change.version, body=body)
        kept = attributes(pk=PK, sk=f"CHANGE#{change.version:06d}", body=msgspec.json.encode(change).decode())
        when = "attribute_not_exists(#pk) OR #version = :seen"
        switched = self._table.write(current, when=when, seen=change.version - 1)
        self._table.transact([switched, self._table.write(kept), *also])
