"""What a deployed stack is given before somebody works with it: people with their roles, and a transfer sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sop_aws.settings import SettingsStore
from sop_aws.snapshots import SnapshotStore
from sop_aws.times import system_clock
from sop_aws.transfers import TransferStore
from sop_core.settings import Settings
from sop_core.settings_reading import merge
from tests.builders.people import ADMIN, PEOPLE
from tests.builders.sheets import load_sheet

if TYPE_CHECKING:
    from infra.local.stack import Stack


def put_people(stack: Stack, *, at: str = "2026-11-20T09:00:00Z") -> None:
    """Store the default settings with the people of the tests, over what is there."""
    settings = SettingsStore(stack.aws.client("dynamodb"), stack.outputs.settings_table, system_clock)
    wanted = merge(Settings.default(), PEOPLE)
    settings.put(wanted, actor=ADMIN, at=at, expected_version=settings.stored().version)


def put_sheet(stack: Stack, sheet_id: str) -> None:
    """Store the small transfer sheet and activate it."""
    transfers = TransferStore(stack.aws.client("dynamodb"), stack.outputs.transfers_table)
    load_sheet(transfers, SnapshotStore(stack.aws.client("s3"), stack.outputs.files_bucket), sheet_id)
