"""`/sop`: the procedures that a person may run, the runs that they left off, and those that they finished today."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from functions.slack.access import refusal
from functions.slack.listeners.listener import Listener, Request
from functions.slack.listeners.runs import COMMANDS, anyone, begin, update
from functions.slack.listing import ended_today, left_off
from functions.slack.replies import tell
from functions.slack.runs import NotYourRun, RunDesk
from sop_slack import run as views

if TYPE_CHECKING:
    from functions.slack.services import Services


def overview(services: Services, request: Request) -> None:
    """Answer `/sop`: the procedures this person may run, the runs they left off, and those they finished today."""
    request.client.views_open(trigger_id=request.body["trigger_id"], view=_overview(services, request.user))
    request.ack()


def _overview(services: Services, user: str) -> dict[str, Any]:
    desk = RunDesk(services)
    offered = [
        (name, services.procedures.active(name).title, command)
        for command, name in COMMANDS.items()
        if desk.may_run(user, name)
    ]
    return views.overview(offered, left_off(services, user), ended_today(services, user))


def discard(services: Services, request: Request) -> None:
    """Answer "Discard" beside a run that was left off: it is given up, and the list is drawn without it."""
    try:
        RunDesk(services).abandon(str(request.body["actions"][0]["value"]), request.user)
    except NotYourRun as refused:
        tell(request, str(refused))
        return
    request.ack()
    request.client.views_update(view_id=request.body["view"]["id"], view=_overview(services, request.user))


def start_from_overview(services: Services, request: Request) -> None:
    """Answer "Start" in the list of procedures: its modal takes the list's place."""
    procedure = str(request.body["actions"][0]["value"])
    desk = RunDesk(services)
    if not desk.may_run(request.user, procedure):
        tell(request, refusal(desk.audience(procedure)))
        return
    request.ack()
    update(request, request.body["view"], desk, begin(desk, request, procedure, query=""))


def resume(services: Services, request: Request) -> None:
    """Answer "Resume", on the Home tab or in the list of procedures: the run's modal as it was left."""
    desk = RunDesk(services)
    try:
        run = desk.read(str(request.body["actions"][0]["value"]), request.user)
    except NotYourRun as refused:
        tell(request, str(refused))
        return
    request.ack()
    if request.body["view"]["type"] == "modal":
        update(request, request.body["view"], desk, run)
    else:
        request.client.views_open(trigger_id=request.body["trigger_id"], view=views.run_modal(desk.screen(run)))


LISTENERS: Final = (
    Listener(kind="command", name="/sop", roles=anyone, answer=overview),
    Listener(kind="action", name="procedure_start", roles=anyone, answer=start_from_overview),
    Listener(kind="action", name="run_resume", roles=anyone, answer=resume),
    Listener(kind="action", name="run_discard", roles=anyone, answer=discard),
)
