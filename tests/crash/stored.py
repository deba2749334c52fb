"""What the app has stored, as the app's own stores read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from sop_aws.cases import CaseStore
from sop_aws.deliveries import Delivery, read_delivery
from sop_aws.runs import Run
from sop_aws.settings import SettingsStore
from sop_aws.snapshots import SnapshotStore
from sop_aws.transfers import TransferStore
from sop_aws.versions import VersionStore
from sop_core.cases.case import Case
from sop_core.transfers.records import ImportRecord

if TYPE_CHECKING:
    from tests.standin.aws import Aws


@dataclass
class Stored:
    """The tables and the bucket of one world, in which it is ``now`` (epoch seconds)."""

    aws: Aws
    now: float

    def at(self, seconds: float = 0) -> datetime:
        return datetime.fromtimestamp(self.now + seconds, UTC)

    @property
    def cases(self) -> CaseStore:
        return CaseStore(self.aws.dynamodb, self.aws.cases_table)

    @property
    def transfers(self) -> TransferStore:
        return TransferStore(self.aws.dynamodb, self.aws.transfers_table)

    @property
    def snapshots(self) -> SnapshotStore:
        return SnapshotStore(self.aws.s3, self.aws.environment["FILES_BUCKET"])

    @property
    def versions(self) -> VersionStore:
        return VersionStore(self.aws.dynamodb, self.aws.settings_table)

    @property
    def settings(self) -> SettingsStore:
        return SettingsStore(self.aws.dynamodb, self.aws.settings_table, clock=self.at)

    def case(self) -> Case:
        """Return the one case that there is."""
        [case] = self._all(self.aws.cases_table, "CASE", Case)
        return case  # type: ignore[no-any-return]  # decoded as one

    def runs(self) -> list[Run]:
        return self._all(self.aws.cases_table, "RUN", Run)

    def deliveries(self) -> list[Delivery]:
        return [read_delivery(item) for item in self._of(self.aws.cases_table, "DELIVERY")]

    def imports(self) -> list[ImportRecord]:
        return self._all(self.aws.transfers_table, "IMPORT", ImportRecord)

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """Return every item of the cases', the transfers' and the settings' table, in this order."""
        names = (self.aws.cases_table, self.aws.transfers_table, self.aws.settings_table)
        return {name: self._items(name) for name in names}

    def _all(self, table: str, kind: str, type_: Any) -> list[Any]:
        return [msgspec.json.decode(item["body"]["S"], type=type_) for item in self._of(table, kind)]

    def _of(self, table: str, kind: str) -> list[dict[str, Any]]:
        return [item for item in self._items(table) if item["sk"]["S"].split("#")[0] == kind and "body" in item]

    def _items(self, table: str) -> list[dict[str, Any]]:
        return self.aws.dynamodb.scan(TableName=table)["Items"]
