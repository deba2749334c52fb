"""What a local run is given: settings, and a transfer sheet through the real import."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Final

from infra import settings as people_file
from infra.local.processes import LocalRunError
from sop_aws.settings import SettingsStore
from sop_aws.times import system_clock
from sop_aws.transfers import TransferStore
from sop_aws.wake import ImportQueue
from sop_core.times import iso
from sop_core.transfers.records import FINISHED, Job

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from infra.local.stack import Stack

ACTOR: Final = "local"
START_SECONDS: Final = 60
IMPORT_SECONDS: Final = 900


def give(stack: Stack, *, settings: Path | None, sheet: Path | None, say: Callable[[str], None]) -> None:
    """Give the stack a people file and a workbook, as far as there are any."""
    if settings:
        put_settings(stack, settings)
    if sheet:
        say(f"importing {sheet.name}")
        say(f"{import_and_activate(stack, sheet):,} projects are active")


def put_settings(stack: Stack, file: Path) -> None:
    """Store the settings of a people file over what is there.

    :raises LocalRunError: if it is no such file.
    """
    store = SettingsStore(stack.aws.client("dynamodb"), stack.outputs.settings_table, system_clock)
    try:
        people_file.store(store, file, actor=ACTOR)
    except people_file.BadFile as error:
        raise LocalRunError(str(error)) from error


def import_and_activate(stack: Stack, workbook: Path) -> int:
    """Hand a workbook to the import function, wait for it, activate the sheet, and return its number of projects.

    :raises LocalRunError: with the import's own sentence, if it refuses the workbook.
    """
    store = TransferStore(stack.aws.client("dynamodb"), stack.outputs.transfers_table)
    record = _queue(stack, store, workbook)
    started = time.monotonic()
    while record.state not in FINISHED:
        patience = START_SECONDS if record.state == "queued" else IMPORT_SECONDS
        if time.monotonic() > started + patience:
            raise LocalRunError(f"The import of {workbook.name} is still {record.state}; {stack.aws.log} says more.")
        time.sleep(0.1)
        record = store.jobs.get(record.id) or record
    if record.sheet is None or record.state in {"refused", "failed"}:
        raise LocalRunError(f"{workbook.name} was not imported: {record.error or record.state}")
    return store.sheets.activate(record.sheet, actor=ACTOR, at=iso(system_clock())).counts.projects


def _queue(stack: Stack, store: TransferStore, workbook: Path) -> Job:
    try:
        content = workbook.read_bytes()
    except OSError as error:
        raise LocalRunError(f"{workbook} cannot be read.") from error
    now = iso(system_clock())
    name = hashlib.sha256(content + now.encode()).hexdigest()[:20]
    key = f"uploads/{name}/{workbook.name}"
    stack.aws.client("s3").put_object(Bucket=stack.outputs.files_bucket, Key=key, Body=content)
    record = Job(id=name, source_key=key, user="", created_at=now)
    store.jobs.create(record)
    ImportQueue(stack.aws.client("sqs"), stack.outputs.import_queue_url).wake(record.id)
    return record
