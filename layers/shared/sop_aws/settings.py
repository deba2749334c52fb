"""Settings as admins left them, over the shipped defaults; every change is kept.

Only what differs from the defaults is stored, so a release can ship a new number and admins keep the ones they chose.
What is stored was checked when it was put; reading it is lenient, so that no release can lock everyone out.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import msgspec

from sop_aws.table import NEW, UNCHANGED, Cancelled, Table, attributes, text
from sop_core.settings import Settings

if TYPE_CHECKING:
    from datetime import date

    from mypy_boto3_dynamodb import DynamoDBClient

    from sop_aws.times import Clock

FRESH_FOR: Final = timedelta(seconds=30)


class StaleSettings(Exception):
    """Someone else changed the settings first."""


class Stored(msgspec.Struct, frozen=True):
    """The settings and the version they were read at; version 0 is the shipped defaults."""

    version: int
    settings: Settings


class Audited(msgspec.Struct, frozen=True):
    """One change of the settings: what they were then, who made it and when."""

    version: int
    settings: Settings
    actor: str
    at: str


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

    def today(self) -> date:
        """Return the office's day."""
        return self._clock().astimezone(ZoneInfo(self.current().calendar.zone)).date()

    def stored(self) -> Stored:
        """Read the settings as they are now, with their version, for whoever edits them."""
        item = self._table.get("SETTINGS", "CURRENT")
        if item is None:
            return Stored(version=0, settings=Settings.default())
        return Stored(version=int(item["version"]["N"]), settings=_read(text(item, "body")))

    def audit(self, *, limit: int | None = None) -> tuple[Audited, ...]:
        """Return the latest changes (without ``limit`` all), the newest first, each with the settings it made."""
        items = self._table.query(
            "#pk = :pk AND begins_with(#sk, :prefix)", limit=limit, backwards=True, pk="SETTINGS", prefix="AUDIT#"
        )
        return tuple(
            Audited(
                version=int(text(item, "sk").partition("#")[2]),
                settings=_read(text(item, "body")),
                actor=text(item, "actor"),
                at=text(item, "at"),
            )
            for item in items
        )

    def put(self, settings: Settings, *, actor: str, at: str, expected_version: int) -> int:
        """Store settings over the version they were read at, with who and when; return the new version.

        :raises StaleSettings: if they were changed since.
        """
        version = expected_version + 1
        body = msgspec.json.encode(_changed(Settings.default(), settings)).decode()
        current = attributes(pk="SETTINGS", sk="CURRENT", version=version, body=body)
        audit = attributes(pk="SETTINGS", sk=f"AUDIT#{version:06d}", actor=actor, at=at, body=body)
        replaces = self._table.write(current, when=UNCHANGED, version=expected_version)
        first = self._table.write(current, when=NEW)
        try:
            self._table.transact([replaces if expected_version else first, self._table.write(audit, when=NEW)])
        except Cancelled as error:
            raise StaleSettings from error
        self._cached = None
        return version


def _read(body: str) -> Settings:
    return _over(Settings.default(), msgspec.json.decode(body))


def _changed(shipped: Settings, settings: Settings) -> dict[str, Any]:
    before, after = msgspec.to_builtins(shipped), msgspec.to_builtins(settings)
    parts = {name: _part_changed(before[name], part) for name, part in after.items()}
    return {name: part for name, part in parts.items() if part not in ({}, before[name])}


def _part_changed(before: object, after: object) -> object:
    if not isinstance(before, dict) or not isinstance(after, dict):
        return after
    return {name: value for name, value in after.items() if name not in before or before[name] != value}


def _over(shipped: Settings, changed: dict[str, Any]) -> Settings:
    parts = msgspec.to_builtins(shipped)
    for name, part in parts.items():
        parts[name] = part | changed.get(name, {}) if isinstance(part, dict) else changed.get(name, part)
    return msgspec.convert(parts, Settings)
