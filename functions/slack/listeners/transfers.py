"""The transfer sheet as Slack sees it: `/transfers`, the upload, its outcome's buttons, and the way back."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec

from functions.slack.auditing import keep, told_with_it
from functions.slack.listeners.listener import Listener, Request
from functions.slack.replies import notice, tell
from functions.slack.waking import wake_import
from sop_aws.correlation import current
from sop_aws.times import iso
from sop_aws.transfers import SheetChanged, SheetNotReady, UnknownSheet
from sop_core.settings import ROLES
from sop_core.transfers.records import ImportRecord, days_too_old
from sop_slack import columns
from sop_slack import transfers as told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from functions.slack.services import Services
    from sop_core.transfers.records import ActiveSheet, Job, Sheet
    from sop_slack.blocks import Block, Message

ADMINS: Final = ("admin",)
ON_ITS_WAY: Final = "The workbook is on its way. Progress and the changes appear in your messages with SOP Desk."
SENT: Final[dict[Job, str]] = {
    "template": "An empty transfer sheet to fill in will be in your messages with SOP Desk in a moment.",
    "export": "The transfer sheet that agents see, as a workbook, will be in your messages with SOP Desk in a moment.",
}
NOTHING_KEPT: Final = "No earlier transfer sheet is kept, so there is nothing to go back to."
NOTHING_ACTIVE: Final = "There is no active transfer sheet to export. Upload one with `/transfers upload`."
NO_COLUMNS: Final = "There is no active transfer sheet, and no column was named. Upload one with `/transfers upload`."
SAME_COLUMNS: Final = "Nothing was changed."
REMEMBERED: Final = "Remembered. The workbook is read as before."
READ_AGAIN: Final = (
    "Remembered. The workbook is read again; progress and the changes appear in your messages with SOP Desk. "
    "Agents keep the sheet they have until you activate it."
)
TAKEN_UP: Final = "This import has gone on already; its message says how it went."
HELP: Final = (
    "`/transfers upload` a new workbook · `status` which sheet agents see · `history` the sheets before it · "
    "`rollback` to an earlier one · `columns` which column is which · "
    "`template` an empty workbook · `export` the active sheet as a workbook"
)


def command(services: Services, request: Request) -> None:
    """Answer `/transfers`: open the upload, say which sheets there are, go back to one, or send a workbook."""
    match request.body.get("text", "").strip().lower():
        case "upload":
            _open(request, told.upload_modal())
            request.ack()
        case "history":
            _answer(request, told.history(services.transfers.history()))
        case "" | "status":
            _answer(request, _status(services))
        case "rollback":
            _roll_back(services, request)
        case "columns":
            active = services.transfers.active()
            _columns(services, request, active.sheet if active else None)
        case "template":
            _send(services, request, "template")
        case "export" if services.transfers.active() is None:
            _say(request, NOTHING_ACTIVE)
        case "export":
            keep(services, "view", "exported the transfer sheet", by=request.user, subject=_active_sheet(services))
            _send(services, request, "export")
        case _:
            _say(request, HELP)


def _active_sheet(services: Services) -> str:
    active = services.transfers.active()
    return active.sheet if active else ""


def _roll_back(services: Services, request: Request, chosen: str | None = None) -> None:
    zone = services.settings().calendar.zone
    view = told.rollback_modal(services.transfers.history(), services.transfers.active(), zone=zone, chosen=chosen)
    if view is None:
        tell(request, NOTHING_KEPT)
        return
    _open(request, view)
    request.ack()


def _send(services: Services, request: Request, job: Job) -> None:
    # The same command delivered twice has the same trigger, and is the same job.
    job_id = hashlib.sha256(request.body["trigger_id"].encode()).hexdigest()[:20]
    _begin(services, ImportRecord(id=job_id, job=job, user=request.user, created_at=iso(services.now())))
    _say(request, SENT[job])


def _begin(services: Services, record: ImportRecord) -> None:
    limit = services.settings().sheet_loss_percent
    told_of = [_entry(services, "uploaded a workbook", record.user, record.id, record.created_at)]
    services.transfers.create_import(
        msgspec.structs.replace(record, loss_percent=limit, request=current()),
        also=told_of if record.job == "import" else (),
    )
    wake_import(services.imports, record.id)


def _open(request: Request, view: Block) -> None:
    request.client.views_open(trigger_id=request.body["trigger_id"], view=view)


def _say(request: Request, sentence: str) -> None:
    request.ack(response_type="ephemeral", text=sentence)


def uploaded(services: Services, request: Request) -> None:
    """Answer the upload: record the import, wake it, and say where its progress appears."""
    view = request.body["view"]
    file_id = told.uploaded_file(view["state"]["values"])
    if file_id is None:
        request.ack({"response_action": "errors", "errors": {told.FILE_BLOCK: "Choose a workbook first."}})
        return
    # The same submission delivered twice is the same import.
    import_id = hashlib.sha256(f"{view['id']}:{file_id}".encode()).hexdigest()[:20]
    _begin(services, ImportRecord(id=import_id, file_id=file_id, user=request.user, created_at=iso(services.now())))
    request.ack({"response_action": "update", "view": notice(ON_ITS_WAY, close="Done")})


def sent(services: Services, request: Request) -> None:
    """Take up each workbook that was sent to the app in a direct message; Slack may repeat the event."""
    event = request.body["event"]
    if event.get("channel_type") == "im":
        for file in event.get("files", ()):
            # The file's id is the import's: however often it is told, it is one import.
            import_id = hashlib.sha256(f"message:{file['id']}".encode()).hexdigest()[:20]
            record = ImportRecord(id=import_id, file_id=file["id"], user=request.user, created_at=iso(services.now()))
            _begin(services, record)
    request.ack()


def unheard(services: Services, request: Request) -> None:
    """Acknowledge any other message to the app: Slack repeats what is not acknowledged, and gives up on the app."""
    del services
    request.ack()


def activate(services: Services, request: Request) -> None:
    """Answer "Activate": agents see the new sheet from now on, unless another admin was faster."""
    sheet_id, seen = told.read_button(request.body["actions"][0]["value"])
    request.ack()
    try:
        active = _activate(services, request.user, sheet_id, seen, "activated a sheet")
    except SheetChanged as lost:
        sheet = services.transfers.sheet(sheet_id)
        if sheet is not None:
            _replace(request, told.someone_else(sheet, lost.current))
        return
    except SheetNotReady as refused:
        _replace(request, told.not_ready(refused.sheet))
        return
    if (sheet := services.transfers.sheet(sheet_id)) is not None:
        _replace(request, told.activated(sheet, active))


def discard(services: Services, request: Request) -> None:
    """Answer "Discard": the uploaded sheet is given up, the active one stays."""
    sheet_id, _ = told.read_button(request.body["actions"][0]["value"])
    request.ack()
    try:
        _replace(request, told.discarded(_discard(services, request.user, sheet_id)))
    except SheetNotReady as refused:
        _replace(request, told.not_ready(refused.sheet))


def ask_columns(services: Services, request: Request) -> None:
    """Answer "Choose the columns…" under an import that did not find what it needs."""
    record = services.transfers.get_import(request.body["actions"][0]["value"])
    if record is None or not record.missing:
        tell(request, TAKEN_UP)
        return
    _open(request, columns.missing_modal(record))
    request.ack()


def columns_chosen(services: Services, request: Request) -> None:
    """Answer the choice of columns: remember it, and let the same import go on."""
    view = request.body["view"]
    record = services.transfers.get_import(view["private_metadata"])
    if record is None or not record.missing:
        request.ack({"response_action": "update", "view": notice(TAKEN_UP, close="Done")})
        return
    chosen, errors = columns.chosen_columns(record, view["state"]["values"])
    if errors:
        request.ack({"response_action": "errors", "errors": errors})
        return
    _change_columns(services, request.user, chosen, record.id)
    services.transfers.requeue_import(record.id, at=iso(services.now()))
    wake_import(services.imports, record.id)
    request.ack({"response_action": "update", "view": notice(ON_ITS_WAY, close="Done")})


def show_columns(services: Services, request: Request) -> None:
    """Answer "Columns…" under a preview or the status: which header stands for which field."""
    _columns(services, request, request.body["actions"][0]["value"])


def _columns(services: Services, request: Request, sheet_id: str | None) -> None:
    sheet = services.transfers.sheet(sheet_id) if sheet_id else None
    store = services.transfers.columns
    view = columns.columns_modal(sheet, store.named(), store.changes(columns.MOST_CHANGES))
    if view is None:
        tell(request, NO_COLUMNS)
        return
    _open(request, view)
    request.ack()


def columns_changed(services: Services, request: Request) -> None:
    """Answer a change of the columns: remember it, and read the workbook again where it would be read otherwise."""
    view = request.body["view"]
    sheet = services.transfers.sheet(view["private_metadata"]) if view["private_metadata"] else None
    store = services.transfers.columns
    wanted = columns.asked(sheet, store.named(), view["state"]["values"])
    if wanted.errors:
        request.ack({"response_action": "errors", "errors": wanted.errors})
        return
    sentence = SAME_COLUMNS
    if wanted.changed:
        _change_columns(services, request.user, wanted.changed, sheet.id if sheet else "columns")
        sentence = REMEMBERED
    if sheet is not None and columns.is_read_otherwise(sheet, wanted.changed):
        _read_again(services, request.user, sheet, view["id"])
        sentence = READ_AGAIN
    request.ack({"response_action": "update", "view": notice(sentence, close="Done")})


def _read_again(services: Services, user: str, sheet: Sheet, view_id: str) -> None:
    first = services.transfers.get_import(sheet.id)
    # In the same message, if it is this admin's and still to be decided: nobody should activate what was read wrongly.
    goes_on = first is not None and first.user == user and sheet.state == "ready"
    record = ImportRecord(
        id=hashlib.sha256(f"{view_id}:{sheet.id}".encode()).hexdigest()[:20],
        source_key=f"workbooks/{sheet.id}.xlsx",
        file_name=sheet.file_name,
        user=user,
        created_at=iso(services.now()),
        channel=first.channel if first and goes_on else None,
        ts=first.ts if first and goes_on else None,
    )
    _begin(services, record)
    if sheet.state == "ready":
        with suppress(SheetNotReady):
            _discard(services, user, sheet.id)


def ask_rollback(services: Services, request: Request) -> None:
    """Answer "Roll back to this…" in the history: the choice once more, this version chosen."""
    _roll_back(services, request, request.body["actions"][0]["value"])


def rolled_back(services: Services, request: Request) -> None:
    """Answer the rollback: one conditional write, unless another admin was faster."""
    view = request.body["view"]
    sheet_id = told.chosen_version(view["state"]["values"])
    if sheet_id is None:
        request.ack({"response_action": "errors", "errors": {told.VERSION_BLOCK: "Choose a version."}})
        return
    sentence = _rolled_back(services, request.user, sheet_id, int(view["private_metadata"]))
    request.ack({"response_action": "update", "view": notice(sentence, close="Done")})


def _rolled_back(services: Services, user: str, sheet_id: str, seen: int) -> str:
    try:
        active = _activate(services, user, sheet_id, seen, "rolled back to a sheet")
    except SheetChanged as lost:
        return told.someone_was_faster(lost.current)
    except (SheetNotReady, UnknownSheet):
        return "This version is not kept any more; nothing was changed."
    return f"Agents now see this version: {active.counts.projects:,} projects."


def _activate(services: Services, user: str, sheet_id: str, seen: int | None, action: str) -> ActiveSheet:
    at = iso(services.now())
    entry = _entry(services, action, user, sheet_id, at)
    return services.transfers.activate(sheet_id, seen, actor=user, at=at, also=[entry])


def _discard(services: Services, user: str, sheet_id: str) -> Sheet:
    entry = _entry(services, "discarded a sheet", user, sheet_id, iso(services.now()))
    return services.transfers.discard(sheet_id, also=[entry])


def _change_columns(services: Services, user: str, changed: Mapping[str, str | None], subject: str) -> None:
    at = iso(services.now())
    entry = _entry(services, "changed which column is which", user, subject, at)
    services.transfers.columns.change(changed, actor=user, at=at, also=[entry])


def _entry(services: Services, action: str, user: str, subject: str, at: str) -> TransactWriteItemTypeDef:
    return told_with_it(services, "sheet", action, by=user, at=at, subject=subject)


def _status(services: Services) -> Message:
    active = services.transfers.active()
    if active is None:
        return told.status(None)
    age = (services.now() - datetime.fromisoformat(active.uploaded_at)).days
    fresh_for = services.settings().sheet_freshness_days
    return told.status(active, age_days=age, stale=days_too_old(active, fresh_for=fresh_for, now=services.now()) > 0)


def _answer(request: Request, message: Message) -> None:
    request.ack(response_type="ephemeral", text=message.text, blocks=list(message.blocks))


def _replace(request: Request, message: Message) -> None:
    place = request.body["container"]
    request.client.chat_update(
        channel=place["channel_id"], ts=place["message_ts"], text=message.text, blocks=list(message.blocks)
    )


LISTENERS: Final = (
    Listener(kind="event", name={"type": "message", "subtype": "file_share"}, roles=ADMINS, answer=sent),
    Listener(kind="event", name="message", roles=ROLES, answer=unheard),
    Listener(kind="command", name="/transfers", roles=ADMINS, answer=command),
    Listener(kind="view_submission", name=told.UPLOAD_CALLBACK, roles=ADMINS, answer=uploaded),
    Listener(kind="action", name=told.ACTIVATE, roles=ADMINS, answer=activate),
    Listener(kind="action", name=told.DISCARD, roles=ADMINS, answer=discard),
    Listener(kind="action", name=columns.CHOOSE, roles=ADMINS, answer=ask_columns),
    Listener(kind="view_submission", name=columns.CHOOSE_CALLBACK, roles=ADMINS, answer=columns_chosen),
    Listener(kind="action", name=columns.SHOW, roles=ADMINS, answer=show_columns),
    Listener(kind="view_submission", name=columns.SHOW_CALLBACK, roles=ADMINS, answer=columns_changed),
    Listener(kind="action", name=told.ROLL_BACK, roles=ADMINS, answer=ask_rollback),
    Listener(kind="view_submission", name=told.ROLL_BACK_CALLBACK, roles=ADMINS, answer=rolled_back),
)
