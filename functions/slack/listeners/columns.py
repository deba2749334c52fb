"""Which column of a workbook is which: named by an admin where the import asks, or by themselves."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from functions.slack.access import ADMINS
from functions.slack.listeners.listener import Listener
from functions.slack.replies import notice, tell
from functions.slack.sheets import ON_ITS_WAY, begin, change_columns, discard
from functions.slack.waking import wake_import
from sop_aws.sheets import SheetNotReady
from sop_core.times import iso
from sop_core.transfers.records import Job
from sop_slack import columns as views

if TYPE_CHECKING:
    from functions.slack.listeners.listener import Request
    from functions.slack.services import Services
    from sop_core.transfers.records import Sheet

NO_COLUMNS: Final = "There is no active transfer sheet, and no column was named. Upload one with `/transfers upload`."
SAME_COLUMNS: Final = "Nothing was changed."
REMEMBERED: Final = "Remembered. The workbook is read as before."
READ_AGAIN: Final = (
    "Remembered. The workbook is read again; progress and the changes appear in your messages with SOP Desk. "
    "Agents keep the sheet they have until you activate it."
)
TAKEN_UP: Final = "This import has gone on already; its message says how it went."


def ask_missing(services: Services, request: Request) -> None:
    """Answer "Choose the columns…" under an import that did not find what it needs."""
    record = services.transfers.jobs.get(request.body["actions"][0]["value"])
    if record is None or not record.missing:
        tell(request, TAKEN_UP)
        return
    request.client.views_open(trigger_id=request.body["trigger_id"], view=views.missing_modal(record))
    request.ack()


def missing_chosen(services: Services, request: Request) -> None:
    """Answer the choice of columns: remember it, and let the same import go on."""
    view = request.body["view"]
    record = services.transfers.jobs.get(view["private_metadata"])
    if record is None or not record.missing:
        request.ack({"response_action": "update", "view": notice(TAKEN_UP, close="Done")})
        return
    chosen, errors = views.chosen_columns(record, view["state"]["values"])
    if errors:
        request.ack({"response_action": "errors", "errors": errors})
        return
    change_columns(services, request.user, chosen, record.id)
    services.transfers.jobs.requeue(record.id, at=iso(services.now()))
    wake_import(services.imports, record.id)
    request.ack({"response_action": "update", "view": notice(ON_ITS_WAY, close="Done")})


def shown(services: Services, request: Request) -> None:
    """Answer "Columns…" under a preview or the status: which header stands for which field."""
    show(services, request, request.body["actions"][0]["value"])


def show(services: Services, request: Request, sheet_id: str | None) -> None:
    """Show which header stands for which field in a sheet; without one, which were named."""
    sheet = services.transfers.sheets.get(sheet_id) if sheet_id else None
    store = services.transfers.columns
    view = views.columns_modal(sheet, store.named(), store.changes(views.MOST_CHANGES))
    if view is None:
        tell(request, NO_COLUMNS)
        return
    request.client.views_open(trigger_id=request.body["trigger_id"], view=view)
    request.ack()


def changed(services: Services, request: Request) -> None:
    """Answer a change of the columns: remember it, and read the workbook again where it would be read otherwise."""
    view = request.body["view"]
    sheet = services.transfers.sheets.get(view["private_metadata"]) if view["private_metadata"] else None
    store = services.transfers.columns
    wanted = views.asked(sheet, store.named(), view["state"]["values"])
    if wanted.errors:
        request.ack({"response_action": "errors", "errors": wanted.errors})
        return
    sentence = SAME_COLUMNS
    if wanted.changed:
        change_columns(services, request.user, wanted.changed, sheet.id if sheet else "columns")
        sentence = REMEMBERED
    if sheet is not None and views.is_read_otherwise(sheet, wanted.changed):
        _read_again(services, request.user, sheet, view["id"])
        sentence = READ_AGAIN
    request.ack({"response_action": "update", "view": notice(sentence, close="Done")})


def _read_again(services: Services, user: str, sheet: Sheet, view_id: str) -> None:
    first = services.transfers.jobs.get(sheet.id)
    # In the same message, if it is this admin's and still to be decided: nobody should activate what was read wrongly.
    goes_on = first is not None and first.user == user and sheet.state == "ready"
    record = Job(
        id=hashlib.sha256(f"{view_id}:{sheet.id}".encode()).hexdigest()[:20],
        source_key=f"workbooks/{sheet.id}.xlsx",
        file_name=sheet.file_name,
        user=user,
        created_at=iso(services.now()),
        channel=first.channel if first and goes_on else None,
        ts=first.ts if first and goes_on else None,
    )
    begin(services, record)
    if sheet.state == "ready":
        with suppress(SheetNotReady):
            discard(services, user, sheet.id)


LISTENERS: Final = (
    Listener(kind="action", name=views.CHOOSE, roles=ADMINS, answer=ask_missing),
    Listener(kind="view_submission", name=views.CHOOSE_CALLBACK, roles=ADMINS, answer=missing_chosen),
    Listener(kind="action", name=views.SHOW, roles=ADMINS, answer=shown),
    Listener(kind="view_submission", name=views.SHOW_CALLBACK, roles=ADMINS, answer=changed),
)
