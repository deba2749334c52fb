"""`/sop-admin`: roles, people, channels, values and calendar, edited in Slack and kept with who changed them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from slack_sdk.errors import SlackApiError

from functions.slack.access import ADMINS
from functions.slack.listeners import audit, forget, publishing
from functions.slack.listeners.listener import Listener, Request
from functions.slack.replies import notice, tell
from sop_aws.settings import StaleSettings
from sop_core.settings import missing, still_spoken
from sop_core.settings_reading import BadSettings, edit
from sop_core.times import iso
from sop_slack import admin as views
from sop_slack.admin_fields import GROUPS

if TYPE_CHECKING:
    from functions.slack.services import Services
    from sop_core.settings import Settings

HELP: Final = (
    "`/sop-admin` edit the settings · `/sop-admin audit` who did what, and when · "
    "`/sop-admin publish` a procedure · `/sop-admin versions` of procedures · "
    "`/sop-admin forget` erase what is known of a customer"
)
STALE: Final = "Somebody else changed the settings meanwhile. Nothing was saved: close this and open it again."
LAST_ADMIN: Final = "Somebody must be admin, or nobody could change the settings again."


def command(services: Services, request: Request) -> None:
    """Answer `/sop-admin`: open the menu, or what was done."""
    match str(request.body.get("text", "")).strip().lower():
        case "":
            stored = services.settings_store.stored()
            view = views.menu(stored.settings, missing(stored.settings))
            request.client.views_open(trigger_id=request.body["trigger_id"], view=view)
            request.ack()
        case "audit":
            audit.open_trail(services, request)
        case "forget":
            forget.open_search(services, request)
        case "publish" | "versions" as asked:
            publishing.COMMANDS[asked](services, request)
        case _:
            request.ack(response_type="ephemeral", text=HELP)


def open_part(services: Services, request: Request) -> None:
    """Answer "Edit": open the form of one part, as it is stored now."""
    part = str(request.body["actions"][0]["value"])
    stored = services.settings_store.stored()
    groups = services.access.groups.listed() if part == "roles" else None
    view = views.form(stored.settings, part, stored.version, groups)
    request.client.views_push(trigger_id=request.body["trigger_id"], view=view)
    request.ack()


def suggest_groups(services: Services, request: Request) -> None:
    """Answer the menu of user groups with those whose name holds what is typed."""
    groups = services.access.groups.listed() or {}
    request.ack(options=views.group_options(groups, str(request.body.get("value", ""))))


def save(services: Services, request: Request) -> None:
    """Answer a form: store what is right, or show beside each field what is wrong."""
    view = request.body["view"]
    meta = msgspec.json.decode(view["private_metadata"], type=views.Meta)
    values = view["state"]["values"]
    stored = services.settings_store.stored()
    try:
        wanted = edit(stored.settings, views.read_form(meta.part, values))
    except BadSettings as wrong:
        _refuse(request, views.errors(meta.part, wrong.problems, values))
        return
    if not wanted.roles.get("admin"):
        _refuse(request, {"roles.admin": LAST_ADMIN})
        return
    if wanted != stored.settings and not _put(services, request, wanted, meta.version):
        tell(request, STALE)
        return
    _after(services, request, view, wanted)


def _put(services: Services, request: Request, wanted: Settings, version: int) -> bool:
    try:
        services.settings_store.put(wanted, actor=request.user, at=iso(services.now()), expected_version=version)
    except StaleSettings:
        return False
    return True


def _after(services: Services, request: Request, view: dict[str, Any], wanted: Settings) -> None:
    """Show the menu anew; first say which changed number an SOP still has read out."""
    if spoken := still_spoken(wanted, services.procedures.scripts()):
        names = ", ".join(name.replace("_", " ") for name in spoken)
        told = f"Saved. A script still has the old one read out, word for word, until its SOP is changed: *{names}*."
        request.ack({"response_action": "update", "view": notice(told)})
    else:
        request.ack()
    if view.get("root_view_id") not in {None, view["id"]}:
        try:
            request.client.views_update(view_id=view["root_view_id"], view=views.menu(wanted, missing(wanted)))
        except SlackApiError:
            # The menu was closed meanwhile; what was saved stands.
            return


def _refuse(request: Request, errors: dict[str, str]) -> None:
    request.ack({"response_action": "errors", "errors": errors})


LISTENERS: Final = (
    Listener(kind="command", name="/sop-admin", roles=ADMINS, answer=command),
    Listener(kind="action", name=views.EDIT, roles=ADMINS, answer=open_part),
    Listener(kind="options", name=GROUPS, roles=ADMINS, answer=suggest_groups),
    Listener(kind="view_submission", name=views.SAVE, roles=ADMINS, answer=save),
)
