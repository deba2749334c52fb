"""Settings as admins left them, over the shipped defaults; every change is kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sop_aws.runs import NEW, UNCHANGED
from sop_aws.table import Cancelled, Table, attributes, text
from sop_core.settings import Settings, merge

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from sop_aws.table import Item
    from sop_aws.times import Clock

FRESH_FOR: Final = timedelta(seconds=30)


class StaleSettings(Exception):
    """Someone else changed the settings first."""


class Stored(msgspec.Struct, frozen=True):
    """The settings and the version they were read at; version 0 is the shipped defaults."""

    version: int
    settings: Settings


class SettingsStore:
    """The settings table. A change is in effect everywhere once this cache has run out."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        """Take the client, the table's name and the clock the cache goes by."""
        self._table = Table(client, table)
        self._clock = clock
        self._cached: tuple[datetime, Settings] | None = None

    def current(self) -> Settings:
        """Return the settings, at most 30 seconds old."""
        now = self._clock()
        if self._cached is None or now - self._cached[0] >= FRESH_FOR:
            self._cached = (now, self.stored().settings)
        return self._cached[1]

    def stored(self) -> Stored:
        """Read the settings as they are now, with their version, for whoever edits them."""
        item = self._table.get("SETTINGS", "CURRENT")
        if item is None:
            return Stored(version=0, settings=Settings.default())
        changes = msgspec.json.decode(text(item, "body"))
        return Stored(version=int(item["version"]["N"]), settings=merge(Settings.default(), changes))

    def put(self, settings: Settings, *, actor: str, at: str, expected_version: int) -> int:
        """Store settings over the version they were read at, with who and when; return the new version.

        :raises StaleSettings: if they were changed since.
        """
        version = expected_version + 1
        body = msgspec.json.encode(settings).decode()
        current = attributes(pk="SETTINGS", sk="CURRENT", version=version, body=body)
        audit = attributes(pk="SETTINGS", sk=f"AUDIT#{version:06d}", actor=actor, at=at, body=body)
        was: dict[str, Any] = {"when": UNCHANGED, "version": expected_version} if expected_version else {"when": NEW}
        try:
            self._table.transact([self._put(current, **was), self._put(audit, when=NEW)])
        except Cancelled as error:
            raise StaleSettings from error
        self._cached = None
        return version

    def _put(self, item: Item, **condition: Any) -> TransactWriteItemTypeDef:  # noqa: ANN401 - as Table.put_request
        return {"Put": self._table.put_request(item, **condition)}
