"""What an admin does to the transfer sheets: each in one transaction with the audit's entry of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from functions.slack.auditing import told_with_it
from functions.slack.waking import wake_import
from sop_aws.correlation import current
from sop_core.times import iso

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from functions.slack.services import Services
    from sop_core.transfers.records import ActiveSheet, Job, Sheet

ON_ITS_WAY: Final = "The workbook is on its way. Progress and the changes appear in your messages with SOP Desk."


def begin(services: Services, record: Job) -> None:
    """Store a job of the import worker and wake it; what is stored already is woken again and nothing more."""
    limit = services.settings().sheet_loss_percent
    told_of = [_entry(services, "uploaded a workbook", record.user, record.id, record.created_at)]
    services.transfers.jobs.create(
        msgspec.structs.replace(record, loss_percent=limit, request=current()),
        also=told_of if record.kind == "import" else (),
    )
    wake_import(services.imports, record.id)


def activate(services: Services, user: str, sheet_id: str, seen: int | None, action: str) -> ActiveSheet:
    """Let agents see a sheet, and have it told as ``action``; ``seen`` is the activation count that the admin saw.

    Raises what :meth:`sop_aws.sheets.SheetStore.activate` does.
    """
    at = iso(services.now())
    entry = _entry(services, action, user, sheet_id, at)
    return services.transfers.sheets.activate(sheet_id, seen, actor=user, at=at, also=[entry])


def discard(services: Services, user: str, sheet_id: str) -> Sheet:
    """Give up a sheet that is not active; raises :class:`sop_aws.sheets.SheetNotReady` if it is."""
    entry = _entry(services, "discarded a sheet", user, sheet_id, iso(services.now()))
    return services.transfers.sheets.discard(sheet_id, also=[entry])


def change_columns(services: Services, user: str, changed: Mapping[str, str | None], subject: str) -> None:
    """Remember which header stands for which field (``None``: none of its own)."""
    at = iso(services.now())
    entry = _entry(services, "changed which column is which", user, subject, at)
    services.transfers.columns.change(changed, actor=user, at=at, also=[entry])


def _entry(services: Services, action: str, user: str, subject: str, at: str) -> TransactWriteItemTypeDef:
    return told_with_it(services, "sheet", action, by=user, at=at, subject=subject)
