"""`/sop-admin audit`: what was done, on a screen and as a file."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import msgspec

from functions.slack.access import ADMINS
from functions.slack.auditing import keep
from functions.slack.listeners.listener import Listener, Request
from functions.slack.replies import notice
from functions.slack.waking import wake
from sop_aws.audit import Trail
from sop_aws.deliveries import file_asked_for
from sop_core.audit import Wanted
from sop_core.times import iso
from sop_slack import audit as views

if TYPE_CHECKING:
    from functions.slack.services import Services
    from sop_slack.blocks import Block

SHOWN: Final = 12
WEEK: Final = timedelta(days=6)
ON_ITS_WAY: Final = "The file is on its way. It comes in your messages with SOP Desk, a large one in parts."


def open_trail(services: Services, request: Request) -> None:
    """Open the audit of the last seven days."""
    today = services.now().astimezone(ZoneInfo(services.settings().calendar.zone)).date()
    wanted = Wanted(first=(today - WEEK).isoformat(), last=today.isoformat())
    keep(services, "view", "opened the audit", by=request.user)
    request.client.views_open(trigger_id=request.body["trigger_id"], view=_modal(services, wanted, before=None))
    request.ack()


def turn(services: Services, request: Request) -> None:
    """Answer "Show", "Older" and "Newest": the same modal with another page."""
    view = request.body["view"]
    wanted, errors = views.read(view["state"]["values"])
    before = str(request.body["actions"][0]["value"]).strip("|") or None
    request.ack()
    if wanted is None:
        sentence = " ".join(dict.fromkeys(errors.values()))
        request.client.views_push(trigger_id=request.body["trigger_id"], view=notice(sentence))
        return
    request.client.views_update(view_id=view["id"], view=_modal(services, wanted, before=before))


def export(services: Services, request: Request) -> None:
    """Answer "Send as CSV": the file is made and sent by ``deliver``; the same submission again is the same file."""
    view = request.body["view"]
    wanted, errors = views.read(view["state"]["values"])
    if wanted is None:
        request.ack({"response_action": "errors", "errors": errors})
        return
    at = iso(services.now())
    made_of = f"{view['id']}:{view.get('hash', '')}"
    asked = msgspec.json.encode(wanted).decode()
    row = file_asked_for("audit", made_of, person=request.user, about=asked, at=at)
    about = f"{wanted.first} to {wanted.last}"
    keep(services, "export", "exported the audit", by=request.user, subject=about, detail=wanted.kind)
    services.cases.outbox.ask_for_file(row)
    wake(services.deliver, (row,))
    request.ack({"response_action": "update", "view": notice(ON_ITS_WAY, close="Done")})


def _modal(services: Services, wanted: Wanted, *, before: str | None) -> Block:
    settings = services.settings()
    start, end = wanted.moments(settings.calendar.zone)
    trail = Trail(services.audit, services.settings_store)
    page = trail.page(before=before or iso(end), start=iso(start), kinds=wanted.kinds, limit=SHOWN)
    shown = views.Shown(
        wanted=wanted,
        entries=page.entries,
        rest=page.rest,
        turned=before is not None,
        keep_days=settings.retention["audit"],
    )
    return views.modal(shown, {name: services.procedures.active(name).title for name in services.procedures.names()})


LISTENERS: Final = (
    Listener(kind="action", name=re.compile(rf"^{views.PAGE}:"), roles=ADMINS, answer=turn),
    Listener(kind="view_submission", name=views.CALLBACK, roles=ADMINS, answer=export),
)
