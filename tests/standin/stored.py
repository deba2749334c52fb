"""What the app has stored, as the app's own stores read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sop_aws.cases import CaseStore
from sop_aws.deliveries import Delivery, read_delivery
from sop_aws.runs import Run
from sop_aws.settings import SettingsStore
from sop_aws.snapshots import SnapshotStore
from sop_aws.transfers import TransferStore
from sop_aws.versions import VersionStore
from sop_core.cases.case import Case
from sop_core.settings_reading import merge
from sop_core.times import iso
from sop_core.transfers.records import Job
from tests.builders.people import ADMIN

if TYPE_CHECKING:
    from tests.standin.aws import Aws

START: Final = datetime(2027, 1, 12, 15, 0, tzinfo=UTC)
"""A Tuesday, 10:00 in New York: in office hours, and before the stand-in Slack's own clock."""


@dataclass(kw_only=True)
class Stored:
    """The tables and the bucket of one call centre, in which it is ``now`` until somebody moves the clock."""

    aws: Aws
    now: datetime = START

    @property
    def cases(self) -> CaseStore:
        return CaseStore(self.aws.dynamodb, self.aws.cases_table)

    @property
    def transfers(self) -> TransferStore:
        return TransferStore(self.aws.dynamodb, self.aws.transfers_table)

    @property
    def snapshots(self) -> SnapshotStore:
        return SnapshotStore(self.aws.s3, self.aws.files_bucket)

    @property
    def versions(self) -> VersionStore:
        return VersionStore(self.aws.dynamodb, self.aws.settings_table)

    @property
    def settings_store(self) -> SettingsStore:
        return SettingsStore(self.aws.dynamodb, self.aws.settings_table, clock=lambda: self.now)

    def settings(self, **parts: Any) -> None:
        """Change settings, part by part."""
        store = self.settings_store
        stored = store.stored()
        store.put(merge(stored.settings, parts), actor=ADMIN, at=iso(self.now), expected_version=stored.version)

    def all_cases(self) -> list[Case]:
        return self._all(self.aws.cases_table, "CASE", Case)

    def runs(self) -> list[Run]:
        return self._all(self.aws.cases_table, "RUN", Run)

    def deliveries(self) -> list[Delivery]:
        return [read_delivery(item) for item in self._of(self.aws.cases_table, "DELIVERY")]

    def jobs(self) -> list[Job]:
        return self._all(self.aws.transfers_table, "IMPORT", Job)

    def items(self) -> list[dict[str, Any]]:
        """Return every item of every table."""
        return [item for items in self.tables().values() for item in items]

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """Return every item of the cases', the transfers' and the settings' table, in this order."""
        names = (self.aws.cases_table, self.aws.transfers_table, self.aws.settings_table)
        return {name: self._items(name) for name in names}

    def objects(self) -> dict[str, bytes]:
        """Return everything that the bucket holds, by key."""
        read = partial(self.aws.s3.get_object, Bucket=self.aws.files_bucket)
        return {key: read(Key=key)["Body"].read() for key in self.keys()}

    def keys(self) -> list[str]:
        listed = self.aws.s3.list_objects_v2(Bucket=self.aws.files_bucket)
        return [each["Key"] for each in listed.get("Contents", ())]

    def _all(self, table: str, kind: str, type_: Any) -> list[Any]:
        return [msgspec.json.decode(item["body"]["S"], type=type_) for item in self._of(table, kind)]

    def _of(self, table: str, kind: str) -> list[dict[str, Any]]:
        return [item for item in self._items(table) if item["sk"]["S"].split("#")[0] == kind and "body" in item]

    def _items(self, table: str) -> list[dict[str, Any]]:
        pages = self.aws.dynamodb.get_paginator("scan").paginate(TableName=table)
        return [item for page in pages for item in page["Items"]]
