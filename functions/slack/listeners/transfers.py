"""The transfer sheet as Slack sees it: `/transfers`, the upload, its outcome's buttons, and the way back."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from functions.slack import sheets
from functions.slack.access import ADMINS
from functions.slack.auditing import keep
from functions.slack.listeners import columns
from functions.slack.listeners.listener import Listener, Request
from functions.slack.replies import notice, replace, reply, tell
from sop_aws.sheets import SheetChanged, SheetNotReady, UnknownSheet
from sop_core.settings import ROLES
from sop_core.times import iso, parse
from sop_core.transfers.records import Job, days_too_old
from sop_slack import sheet_history
from sop_slack import transfers as told

if TYPE_CHECKING:
    from functions.slack.services import Services
    from sop_core.transfers.records import JobKind
    from sop_slack.blocks import Block, Message

SENT: Final[dict[JobKind, str]] = {
    "template": "An empty transfer sheet to fill in will be in your messages with SOP Desk in a moment.",
    "export": "The transfer sheet that agents see, as a workbook, will be in your messages with SOP Desk in a moment.",
}
NOTHING_KEPT: Final = "No earlier transfer sheet is kept, so there is nothing to go back to."
NOTHING_ACTIVE: Final = "There is no active transfer sheet to export. Upload one with `/transfers upload`."
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
            reply(request, sheet_history.history(services.transfers.sheets.history()))
        case "" | "status":
            reply(request, _status(services))
        case "rollback":
            _roll_back(services, request)
        case "columns":
            active = services.transfers.sheets.active()
            columns.show(services, request, active.sheet if active else None)
        case "template":
            _send(services, request, "template")
        case "export" if services.transfers.sheets.active() is None:
            _say(request, NOTHING_ACTIVE)
        case "export":
            keep(services, "view", "exported the transfer sheet", by=request.user, subject=_active_sheet(services))
            _send(services, request, "export")
        case _:
            _say(request, HELP)


def _active_sheet(services: Services) -> str:
    active = services.transfers.sheets.active()
    return active.sheet if active else ""


def _roll_back(services: Services, request: Request, chosen: str | None = None) -> None:
    zone = services.settings().calendar.zone
    view = sheet_history.rollback_modal(
        services.transfers.sheets.history(), services.transfers.sheets.active(), zone=zone, chosen=chosen
    )
    if view is None:
        tell(request, NOTHING_KEPT)
        return
    _open(request, view)
    request.ack()


def _send(services: Services, request: Request, kind: JobKind) -> None:
    # The same command delivered twice has the same trigger, and is the same job.
    job_id = hashlib.sha256(request.body["trigger_id"].encode()).hexdigest()[:20]
    sheets.begin(services, Job(id=job_id, kind=kind, user=request.user, created_at=iso(services.now())))
    _say(request, SENT[kind])


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
    record = Job(id=import_id, file_id=file_id, user=request.user, created_at=iso(services.now()))
    sheets.begin(services, record)
    request.ack({"response_action": "update", "view": notice(sheets.ON_ITS_WAY, close="Done")})


def sent(services: Services, request: Request) -> None:
    """Take up each workbook that was sent to the app in a direct message; Slack may repeat the event."""
    event = request.body["event"]
    if event.get("channel_type") == "im":
        for file in event.get("files", ()):
            # The file's id is the import's: however often it is told, it is one import.
            import_id = hashlib.sha256(f"message:{file['id']}".encode()).hexdigest()[:20]
            record = Job(id=import_id, file_id=file["id"], user=request.user, created_at=iso(services.now()))
            sheets.begin(services, record)
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
        active = sheets.activate(services, request.user, sheet_id, seen, "activated a sheet")
    except SheetChanged as lost:
        sheet = services.transfers.sheets.get(sheet_id)
        if sheet is not None:
            replace(request, told.someone_else(sheet, lost.current))
        return
    except SheetNotReady as refused:
        replace(request, told.not_ready(refused.sheet))
        return
    if (sheet := services.transfers.sheets.get(sheet_id)) is not None:
        replace(request, told.activated(sheet, active))


def discard(services: Services, request: Request) -> None:
    """Answer "Discard": the uploaded sheet is given up, the active one stays."""
    sheet_id, _ = told.read_button(request.body["actions"][0]["value"])
    request.ack()
    try:
        replace(request, told.discarded(sheets.discard(services, request.user, sheet_id)))
    except SheetNotReady as refused:
        replace(request, told.not_ready(refused.sheet))


def ask_rollback(services: Services, request: Request) -> None:
    """Answer "Roll back to this…" in the history: the choice once more, this version chosen."""
    _roll_back(services, request, request.body["actions"][0]["value"])


def rolled_back(services: Services, request: Request) -> None:
    """Answer the rollback: one conditional write, unless another admin was faster."""
    view = request.body["view"]
    sheet_id = sheet_history.chosen_version(view["state"]["values"])
    if sheet_id is None:
        request.ack({"response_action": "errors", "errors": {sheet_history.VERSION_BLOCK: "Choose a version."}})
        return
    sentence = _rolled_back(services, request.user, sheet_id, int(view["private_metadata"]))
    request.ack({"response_action": "update", "view": notice(sentence, close="Done")})


def _rolled_back(services: Services, user: str, sheet_id: str, seen: int) -> str:
    try:
        active = sheets.activate(services, user, sheet_id, seen, "rolled back to a sheet")
    except SheetChanged as lost:
        return told.someone_was_faster(lost.current)
    except (SheetNotReady, UnknownSheet):
        return "This version is not kept any more; nothing was changed."
    return f"Agents now see this version: {active.counts.projects:,} projects."


def _status(services: Services) -> Message:
    active = services.transfers.sheets.active()
    if active is None:
        return sheet_history.status(None)
    age = (services.now() - parse(active.uploaded_at)).days
    fresh_for = services.settings().sheet_freshness_days
    return sheet_history.status(
        active, age_days=age, stale=days_too_old(active, fresh_for=fresh_for, now=services.now()) > 0
    )


LISTENERS: Final = (
    Listener(kind="event", name={"type": "message", "subtype": "file_share"}, roles=ADMINS, answer=sent),
    Listener(kind="event", name="message", roles=ROLES, answer=unheard),
    Listener(kind="command", name="/transfers", roles=ADMINS, answer=command),
    Listener(kind="view_submission", name=told.UPLOAD_CALLBACK, roles=ADMINS, answer=uploaded),
    Listener(kind="action", name=told.ACTIVATE, roles=ADMINS, answer=activate),
    Listener(kind="action", name=told.DISCARD, roles=ADMINS, answer=discard),
    Listener(kind="action", name=sheet_history.ROLL_BACK, roles=ADMINS, answer=ask_rollback),
    Listener(kind="view_submission", name=sheet_history.ROLL_BACK_CALLBACK, roles=ADMINS, answer=rolled_back),
)
