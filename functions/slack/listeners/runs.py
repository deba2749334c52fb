"""The procedures as Slack sees them: a command opens the run's modal, every answer grows it, the submission ends it."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, Final

import msgspec
from slack_sdk.errors import SlackApiError

from functions.slack.listeners.listener import Listener, Request
from functions.slack.opening import MissingSetting
from functions.slack.replies import tell
from functions.slack.runs import Click, NotYourRun, RunDesk
from functions.slack.screens import Meta
from sop_slack import run as views

if TYPE_CHECKING:
    from collections.abc import Callable

    from functions.slack.facts import Value
    from functions.slack.services import Services
    from sop_aws.runs import Run
    from sop_slack.run import RunScreen

COMMANDS: Final = {
    "/infinity": "infinity",
    "/escalate": "escalation",
    "/servicing": "account_servicing",
    "/autopay": "autopay_opt_out",
    "/documents": "supporting_documents",
}

SUGGESTIONS: Final = 20
REDRAWS: Final = 3
NOTHING_PICKED: Final = "Choose at least one, or press *None of these*."


def start(services: Services, request: Request) -> None:
    """Answer a procedure's command: begin a run, show its modal, then the best matches for what was typed."""
    body = request.body
    desk = RunDesk(services)
    run = begin(desk, request, COMMANDS[body["command"]], query=_typed_text(body))
    first = views.run_modal(desk.screen(run, searching=bool(run.query)))
    view = request.client.views_open(trigger_id=body["trigger_id"], view=first)["view"]
    if run.query:
        update(request, view, desk, desk.find(run))
    request.ack()


def _typed_text(body: dict[str, Any]) -> str:
    """Return what was typed behind a command; Slack sends ``&``, ``<`` and ``>`` escaped."""
    text = str(body.get("text", ""))
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def begin(desk: RunDesk, request: Request, procedure: str, *, query: str) -> Run:
    """Begin a run of whoever sent the request, known by the request."""
    return desk.start(
        run_id=_interaction(request),
        procedure=procedure,
        owner=request.user,
        owner_name=request.user_name,
        query=query,
    )


def answer(services: Services, request: Request) -> None:
    """Answer a click that says something: a button, a radio button, or the menu beside an earlier answer."""
    action = request.body["actions"][0]
    fact = action["action_id"].split(":")[1]
    value = _answer(request.body, action)
    if action["action_id"].startswith("answer_picked:") and not value:
        tell(request, NOTHING_PICKED)
        return
    _change(services, request, lambda desk, click: desk.answer(click, fact, value))


def keep_picking(services: Services, request: Request) -> None:
    """Acknowledge a choice among several: it counts with "Continue"."""
    del services
    request.ack()


def choose_project(services: Services, request: Request) -> None:
    """Answer the choice of a project, from the matches or from the typeahead."""
    key = _chosen(request.body["actions"][0])
    _change(services, request, lambda desk, click: desk.choose_project(click, key))


def change_project(services: Services, request: Request) -> None:
    """Answer "Change" beside the project: it is open again."""
    _change(services, request, lambda desk, click: desk.forget_project(click))


def page_back(services: Services, request: Request) -> None:
    """Answer "Back" on a page of a long form."""
    _change(services, request, lambda desk, click: desk.page_back(click))


def show_language(services: Services, request: Request) -> None:
    """Answer the choice of a language that scripts are shown in beside English."""
    language = str(request.body["actions"][0]["value"])
    _change(services, request, lambda desk, click: desk.show_language(click, language))


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
    request.ack(options=[views.project_option(each, found.whys.get(each.key, "")) for each in found.projects])


def submit(services: Services, request: Request) -> None:
    """Answer the modal's submission: open the case if the end opens one, else finish the run."""
    body = request.body
    desk = RunDesk(services)
    typed = _typed(body["view"]["state"]["values"])
    try:
        meta = _meta(body)
        run = desk.read(meta.run, request.user)
        if run.state == "active" and run.version != meta.version:
            # The answers were changed meanwhile, so this form may not be the one that the end needs.
            request.ack({"response_action": "update", "view": views.run_modal(desk.screen(run))})
            return
        if run.state == "active" and not desk.is_last_page(run):
            run = desk.next_page(run, typed)
        elif faults := desk.faults(run, typed):
            fields = _fields(body["view"]["state"]["values"])
            request.ack({"response_action": "errors", "errors": {fields[name]: told for name, told in faults.items()}})
            return
        else:
            run = desk.submit(run, typed)
    except (NotYourRun, MissingSetting) as refused:
        tell(request, str(refused))
        return
    request.ack({"response_action": "update", "view": views.run_modal(desk.screen(run))})


def closed(services: Services, request: Request) -> None:
    """Acknowledge a closed modal: the run stays as it is."""
    del services
    request.ack()


def _change(services: Services, request: Request, change: Callable[[RunDesk, Click], Run]) -> None:
    request.ack()
    desk = RunDesk(services)
    typed = _typed(request.body["view"].get("state", {}).get("values", {}))
    meta = _meta(request.body)
    at = float(request.body["actions"][0].get("action_ts") or 0)
    try:
        run = change(desk, Click(meta.run, request.user, _interaction(request), typed, meta.version, at))
    except NotYourRun as refused:
        tell(request, str(refused))
        return
    update(request, request.body["view"], desk, run)


def update(request: Request, view: dict[str, Any], desk: RunDesk, run: Run) -> None:
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
        request.client.views_update(view_id=view_id, view=views.run_modal(screen), **only_over)
    except SlackApiError as error:
        # not_found: the agent has closed the modal; what was saved stands.
        code = error.response.get("error")
        if code not in {"hash_conflict", "not_found"}:
            raise
        return bool(code == "not_found")
    return True


def _meta(body: dict[str, Any]) -> Meta:
    return msgspec.json.decode(body["view"]["private_metadata"], type=Meta)


def _answer(body: dict[str, Any], action: dict[str, Any]) -> Value:
    """Return what an action answers; a fact that takes several answers gives a tuple."""
    kind, fact = action["action_id"].split(":")[:2]
    match kind:
        case "answer_none":
            return ()
        case "answer_several":
            return _values(action)
        case "answer_picked":
            return _values(body["view"]["state"]["values"].get(f"pick:{fact}", {}).get(f"pick:{fact}", {}))
        case _:
            return _chosen(action)


def _values(element: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(option["value"]) for option in element.get("selected_options") or ())


def _chosen(action: dict[str, Any]) -> str:
    chosen = action.get("selected_option")
    return str(chosen["value"] if chosen else action["value"])


def _typed(values: dict[str, dict[str, Any]]) -> dict[str, str]:
    fields = (pair for block in values.values() for pair in block.items())
    return {name: element.get("value") or "" for name, element in fields if element["type"] == "plain_text_input"}


def _fields(values: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Return the ids of the blocks that the fields stand in, where errors are shown, by what the fields are called."""
    return {name: block for block, fields in values.items() for name in fields}


def _interaction(request: Request) -> str:
    return _fingerprint(request.body["trigger_id"])


def _fingerprint(trigger: str) -> str:
    # Slack gives every interaction a trigger id of its own, so a replayed request is known by it.
    return hashlib.sha256(trigger.encode()).hexdigest()[:20]


def _audience(procedure: str) -> Callable[[Services], tuple[str, ...]]:
    return lambda services: services.procedures.active(procedure).audience


def anyone(services: Services) -> tuple[str, ...]:
    """Return whoever may run some procedure; which of them a run is for, its version says."""
    audiences = (services.procedures.active(name).audience for name in services.procedures.names())
    return tuple(dict.fromkeys(role for audience in audiences for role in audience))


LISTENERS: Final = (
    *(
        Listener(kind="command", name=command, roles=_audience(name), answer=start)
        for command, name in COMMANDS.items()
    ),
    Listener(kind="action", name=re.compile(r"^answer(_menu|_several|_picked|_none)?:"), roles=anyone, answer=answer),
    Listener(kind="action", name=re.compile(r"^pick:"), roles=anyone, answer=keep_picking),
    Listener(kind="action", name=re.compile(r"^project_(choose|search)$"), roles=anyone, answer=choose_project),
    Listener(kind="action", name="project_change", roles=anyone, answer=change_project),
    Listener(kind="action", name=re.compile(r"^language:"), roles=anyone, answer=show_language),
    Listener(kind="action", name="form_back", roles=anyone, answer=page_back),
    Listener(kind="options", name="project_search", roles=anyone, answer=suggest_projects),
    Listener(kind="view_submission", name=views.CALLBACK, roles=anyone, answer=submit),
    Listener(kind="view_closed", name=views.CALLBACK, roles=anyone, answer=closed),
)
