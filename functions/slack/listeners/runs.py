"""The procedures as Slack sees them: a command opens the run's modal, every answer grows it, the submission ends it."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, Final

import msgspec
from slack_sdk.errors import SlackApiError

from functions.slack.listeners.listener import Listener, Request
from functions.slack.replies import tell
from functions.slack.runs import MissingSetting, NotYourRun, RunDesk
from sop_slack import run as run_views
from sop_slack.notes import problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from functions.slack.services import Services
    from sop_aws.runs import Run
    from sop_slack.run import RunScreen

COMMANDS: Final = {"/infinity": "infinity"}
AGENTS: Final = ("agent",)
SUGGESTIONS: Final = 20
REDRAWS: Final = 3


class Meta(msgspec.Struct, frozen=True):
    """All that a run's modal carries in ``private_metadata``."""

    run: str
    version: int


def start(services: Services, request: Request) -> None:
    """Answer a procedure's command: begin a run, show its modal, then the best matches for what was typed."""
    body = request.body
    desk = RunDesk(services)
    run = desk.start(
        run_id=_fingerprint(body["trigger_id"]),
        procedure=COMMANDS[body["command"]],
        owner=request.user,
        owner_name=request.user_name,
        query=body.get("text", "").strip(),
    )
    first = desk.screen(run, searching=bool(run.query))
    try:
        view = request.client.views_open(trigger_id=body["trigger_id"], view=run_views.run_modal(first))["view"]
    except SlackApiError as error:
        if error.response["error"] not in {"expired_trigger_id", "exchanged_trigger_id"}:
            raise
        request.ack(response_type="ephemeral", text=f"That took too long. Type `{body['command']}` again.")
        return
    if run.query:
        _update(request, view, desk, desk.find(run))
    request.ack()


def answer(services: Services, request: Request) -> None:
    """Answer a click that says something: a radio button, a button or the menu beside an earlier answer."""
    action = request.body["actions"][0]
    fact = action["action_id"].split(":")[1]
    value = _chosen(action)
    _change(
        services, request, lambda desk, meta: desk.answer(meta.run, request.user, _interaction(request), fact, value)
    )


def choose_project(services: Services, request: Request) -> None:
    """Answer the choice of a project, from the matches or from the typeahead."""
    key = _chosen(request.body["actions"][0])
    _change(
        services, request, lambda desk, meta: desk.choose_project(meta.run, request.user, _interaction(request), key)
    )


def change_project(services: Services, request: Request) -> None:
    """Answer "Change" beside the project: it is open again."""
    _change(services, request, lambda desk, meta: desk.forget_project(meta.run, request.user, _interaction(request)))


def suggest_projects(services: Services, request: Request) -> None:
    """Answer the typeahead with the best matches for what is typed so far."""
    body = request.body
    desk = RunDesk(services)
    try:
        run = desk.read(_meta(body).run, request.user)
    except NotYourRun:
        request.ack(options=[])
        return
    found = desk.suggestions(run, body["value"], SUGGESTIONS)
    request.ack(options=[run_views.project_option(project) for project in found])


def submit(services: Services, request: Request) -> None:
    """Answer the modal's submission: open the case if the end opens one, else finish the run."""
    body = request.body
    desk = RunDesk(services)
    notes = _typed(body["view"]["state"]["values"])
    if errors := {f"note:{name}": text for name in notes if (text := problem(name, notes[name]))}:
        request.ack({"response_action": "errors", "errors": errors})
        return
    try:
        run = desk.submit(_meta(body).run, request.user, notes)
    except (NotYourRun, MissingSetting) as refused:
        tell(request, str(refused))
        return
    if run.case is None and run.state == "done":
        request.ack()
        return
    request.ack({"response_action": "update", "view": run_views.run_modal(desk.screen(run))})


def closed(services: Services, request: Request) -> None:
    """Acknowledge a closed modal: the run stays as it is."""
    del services
    request.ack()


def _change(services: Services, request: Request, change: Callable[[RunDesk, Meta], Run]) -> None:
    request.ack()
    desk = RunDesk(services)
    try:
        run = change(desk, _meta(request.body))
    except NotYourRun as refused:
        tell(request, str(refused))
        return
    _update(request, request.body["view"], desk, run)


def _update(request: Request, view: dict[str, Any], desk: RunDesk, run: Run) -> None:
    """Draw the modal anew over the view that the request saw; where another drew first, draw what is stored."""
    if _drawn(request, view["id"], desk.screen(run), hash=view["hash"]):
        return
    for _ in range(REDRAWS):
        run = desk.read(run.id, run.owner)
        _drawn(request, view["id"], desk.screen(run))
        # Drawn without a hash, this may have covered a newer drawing: look whether the run has moved on meanwhile.
        if desk.read(run.id, run.owner).version == run.version:
            return


def _drawn(request: Request, view_id: str, screen: RunScreen, **only_over: str) -> bool:
    try:
        request.client.views_update(view_id=view_id, view=run_views.run_modal(screen), **only_over)
    except SlackApiError as error:
        # not_found: the agent has closed the modal; what was saved stands.
        if error.response["error"] not in {"hash_conflict", "not_found"}:
            raise
        return bool(error.response["error"] == "not_found")
    return True


def _meta(body: dict[str, Any]) -> Meta:
    return msgspec.json.decode(body["view"]["private_metadata"], type=Meta)


def _chosen(action: dict[str, Any]) -> str:
    chosen = action.get("selected_option")
    return str(chosen["value"] if chosen else action["value"])


def _typed(values: dict[str, dict[str, Any]]) -> dict[str, str]:
    fields = (pair for block in values.values() for pair in block.items())
    return {name: element.get("value") or "" for name, element in fields if element["type"] == "plain_text_input"}


def _interaction(request: Request) -> str:
    return _fingerprint(request.body["trigger_id"])


def _fingerprint(trigger: str) -> str:
    # Slack gives every interaction a trigger id of its own, so a replayed request is known by it.
    return hashlib.sha256(trigger.encode()).hexdigest()[:20]


LISTENERS: Final = (
    *(Listener(kind="command", name=command, roles=AGENTS, answer=start) for command in COMMANDS),
    Listener(kind="action", name=re.compile(r"^answer(_menu)?:"), roles=AGENTS, answer=answer),
    Listener(kind="action", name=re.compile(r"^project_(choose|search)$"), roles=AGENTS, answer=choose_project),
    Listener(kind="action", name="project_change", roles=AGENTS, answer=change_project),
    Listener(kind="options", name="project_search", roles=AGENTS, answer=suggest_projects),
    Listener(kind="view_submission", name=run_views.CALLBACK, roles=AGENTS, answer=submit),
    Listener(kind="view_closed", name=run_views.CALLBACK, roles=AGENTS, answer=closed),
)
