"""What the listeners work with, put together once per container."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from functions.slack.access import Access
    from sop_aws.audit import AuditStore
    from sop_aws.cases import CaseStore
    from sop_aws.documents import DocumentStore
    from sop_aws.people import PeopleStore
    from sop_aws.procedures import Procedures
    from sop_aws.queue import CaseQueue
    from sop_aws.runs import RunStore
    from sop_aws.settings import SettingsStore
    from sop_aws.snapshots import SnapshotStore
    from sop_aws.transfers import TransferStore
    from sop_aws.versions import VersionStore
    from sop_aws.wake import DeliverQueue, ImportQueue, PublishQueue
    from sop_core.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Services:
    """Stores, queues, procedures, settings, roles and the clock (UTC)."""

    audit: AuditStore
    runs: RunStore
    cases: CaseStore
    queue: CaseQueue
    people: PeopleStore
    documents: DocumentStore
    transfers: TransferStore
    snapshots: SnapshotStore
    procedures: Procedures
    versions: VersionStore
    settings: Callable[[], Settings]
    settings_store: SettingsStore
    access: Access
    deliver: DeliverQueue
    imports: ImportQueue
    publications: PublishQueue
    now: Callable[[], datetime]
