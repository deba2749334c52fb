"""The transfer sheet as Slack sees it: `/transfers`, the upload, and the two buttons under an import's outcome."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Final

from functions.slack.listeners.listener import Listener, Request
from functions.slack.replies import notice
from sop_aws.times import iso
from sop_aws.transfers import SheetChanged, SheetNotReady
from sop_core.transfers.records import ImportRecord
from sop_slack import transfers as told

if TYPE_CHECKING:
    from functions.slack.services import Services
    from sop_slack.blocks import Message

ADMINS: Final = ("admin",)
ON_ITS_WAY: Final = "The workbook is on its way. Progress and the changes appear in your messages with SOP Desk."
HELP: Final = (
    "`/transfers upload` a new workbook · `/transfers status` which sheet agents see · "
    "`/transfers history` the sheets before it"
)


def command(services: Services, request: Request) -> None:
    """Answer `/transfers`: open the upload, or say which sheets there are."""
    body = request.body
    match body.get("text", "").strip().lower():
        case "upload":
            request.client.views_open(trigger_id=body["trigger_id"], view=told.upload_modal())
            request.ack()
        case "history":
            _answer(request, told.history(services.transfers.history()))
        case "" | "status":
            _answer(request, _status(services))
        case _:
            request.ack(response_type="ephemeral", text=HELP)


def uploaded(services: Services, request: Request) -> None:
    """Answer the upload: record the import, wake it, and say where its progress appears."""
    view = request.body["view"]
    file_id = told.uploaded_file(view["state"]["values"])
    if file_id is None:
        request.ack({"response_action": "errors", "errors": {told.FILE_BLOCK: "Choose a workbook first."}})
        return
    # The same submission delivered twice is the same import.
    import_id = hashlib.sha256(f"{view['id']}:{file_id}".encode()).hexdigest()[:20]
    record = ImportRecord(id=import_id, file_id=file_id, user=request.user, created_at=iso(services.now()))
    services.transfers.create_import(record)
    services.imports.wake(import_id)
    request.ack({"response_action": "update", "view": notice(ON_ITS_WAY, close="Done")})


def activate(services: Services, request: Request) -> None:
    """Answer "Activate": agents see the new sheet from now on, unless another admin was faster."""
    sheet_id, seen = told.read_button(request.body["actions"][0]["value"])
    request.ack()
    try:
        active = services.transfers.activate(sheet_id, seen, actor=request.user, at=iso(services.now()))
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
        _replace(request, told.discarded(services.transfers.discard(sheet_id)))
    except SheetNotReady as refused:
        _replace(request, told.not_ready(refused.sheet))


def _status(services: Services) -> Message:
    active = services.transfers.active()
    if active is None:
        return told.status(None)
    age = (services.now() - datetime.fromisoformat(active.uploaded_at)).days
    return told.status(active, age_days=age, stale=age > services.settings().sheet_freshness_days)


def _answer(request: Request, message: Message) -> None:
    request.ack(response_type="ephemeral", text=message.text, blocks=list(message.blocks))


def _replace(request: Request, message: Message) -> None:
    place = request.body["container"]
    request.client.chat_update(
        channel=place["channel_id"], ts=place["message_ts"], text=message.text, blocks=list(message.blocks)
    )


LISTENERS: Final = (
    Listener(kind="command", name="/transfers", roles=ADMINS, answer=command),
    Listener(kind="view_submission", name=told.UPLOAD_CALLBACK, roles=ADMINS, answer=uploaded),
    Listener(kind="action", name=told.ACTIVATE, roles=ADMINS, answer=activate),
    Listener(kind="action", name=told.DISCARD, roles=ADMINS, answer=discard),
)
