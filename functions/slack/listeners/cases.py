"""Cases as Slack sees them: the buttons of a card, the forms behind them, and a case's details.

Of two who click, one wins and the other is told what the case is now.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import msgspec

from functions.slack import casework
from functions.slack.auditing import keep
from functions.slack.casework import Late, NotYours, Seen, Typed
from functions.slack.listeners.listener import Listener, Request
from functions.slack.replies import tell
from sop_core.cases import transitions
from sop_core.cases.names import named_case, named_event
from sop_http.client import UNANSWERED
from sop_slack import case_views
from sop_slack.cards import DETAILS, LABELS, OVERFLOW
from sop_slack.stories import handled_message

if TYPE_CHECKING:
    from functions.slack.services import Services
    from sop_core.cases.case import Case
    from sop_slack.blocks import Block

STAFF: Final = ("agent", "back_office", "resolution_specialist", "lead")
READERS: Final = (*STAFF, "admin")
GONE: Final = "This case no longer exists."
OUTDATED: Final = "This button is of an older SOP Desk, and nothing was changed. Find the case with `/cases`."
FILE_ID: Final = re.compile(r"F[A-Z0-9]{2,30}")
"""A document is kept under it, and what is no id of Slack's becomes no key of ours."""
HANDLERS: Final = ("resolution_specialist", "lead")


def button(services: Services, request: Request) -> None:
    """Answer a button of a card, of a case's details or of a direct message."""
    pressed = request.body["actions"][0]
    _begin(services, request, pressed["action_id"].removeprefix("case_"), _seen(pressed["value"]))


def more(services: Services, request: Request) -> None:
    """Answer a choice of the card's overflow menu."""
    action, _, value = request.body["actions"][0]["selected_option"]["value"].partition("|")
    _begin(services, request, action, _seen(value))


def submitted(services: Services, request: Request) -> None:
    """Answer a form: do what it asked about."""
    view = request.body["view"]
    action = view["callback_id"].removeprefix("case_")
    seen = msgspec.json.decode(view["private_metadata"], type=Seen)
    typed, errors = _typed(services, seen, view["state"]["values"])
    if errors:
        request.ack({"response_action": "errors", "errors": errors})
        return
    case = _act(services, request, action, seen, typed)
    if case is None:
        return
    if action == "link":
        request.ack({"response_action": "update", "view": details_of(services, request.user, case, done=action)})
        return
    request.ack()
    _handled(services, request, seen, case)
    if view.get("previous_view_id"):
        # The form was asked for in the case's details; below them there may be a call.
        _redraw(services, request, view["previous_view_id"], case, done=action)


def show(services: Services, request: Request, seen: Seen) -> None:
    """Open the details of a case, or say that there is none; that somebody looked is kept."""
    try:
        case = casework.read(services, seen)
    except Late:
        tell(request, GONE)
        return
    documents = f"with {len(case.documents)} documents" if case.documents else ""
    keep(services, "view", "opened a case", by=request.user, subject=case.id, detail=documents)
    _open(request, details_of(services, request.user, case))
    request.ack()


def details_of(services: Services, user: str, case: Case, *, done: str = "") -> Block:
    """Return the case with its history, as ``user``, who has just ``done`` an action, may see and change it."""
    stored = {each.id: services.documents.link(each.key) for each in case.documents}
    name_of = services.people.name_of
    return case_views.details(
        named_case(case, name_of),
        tuple(named_event(event, name_of) for event in services.cases.events(case.id)),
        actions=casework.actions(services, case, user),
        done=done,
        links=stored,
        metadata=_metadata(case),
    )


def _begin(services: Services, request: Request, action: str, seen: Seen) -> None:
    if action not in LABELS:
        tell(request, OUTDATED)
    elif action == DETAILS:
        show(services, request, seen)
    elif action in case_views.FORMS:
        _ask(services, request, action, seen)
    elif (case := _act(services, request, action, seen, Typed())) is not None:
        request.ack()
        _handled(services, request, msgspec.structs.replace(seen, message=_direct_message(request)), case)
        view = request.body.get("view") or {}
        if view.get("type") == "modal":
            _redraw(services, request, view["id"], case, done=action)


def _ask(services: Services, request: Request, action: str, seen: Seen) -> None:
    try:
        case = casework.check(services, seen, action, request.user)
    except (Late, NotYours) as refused:
        tell(request, _why(refused, request.user))
        return
    _open(request, case_views.form(case, action, _metadata(case, message=_direct_message(request))))
    request.ack()


def _act(services: Services, request: Request, action: str, seen: Seen, typed: Typed) -> Case | None:
    """Do ``action``; where that cannot be, tell the person why and return ``None``."""
    try:
        return casework.act(
            services,
            seen,
            action,
            user=request.user,
            name=services.people.name(request.user) or request.user_name,
            interaction=_interaction(request),
            typed=typed,
        )
    except (Late, NotYours) as refused:
        tell(request, _why(refused, request.user))
        return None


def _why(refused: Late | NotYours, user: str) -> str:
    if isinstance(refused, NotYours):
        return str(refused)
    return GONE if refused.case is None else case_views.what_it_is_now(refused.case, user)


def _typed(services: Services, seen: Seen, values: dict[str, Any]) -> tuple[Typed, dict[str, str]]:
    """Return what was typed, and what is wrong with it, by field."""
    fields = {name: element for block in values.values() for name, element in block.items()}
    chosen = fields.get("reason", {}).get("selected_option")
    why = _text(fields, "why")
    typed = Typed(
        reason=chosen["value"] if chosen else why,
        note=_text(fields, "note"),
        assignee=fields.get("assignee", {}).get("selected_user"),
        files=tuple(
            each for each in fields.get("documents", {}).get("files") or () if FILE_ID.fullmatch(str(each["id"]))
        ),
        salesforce=_text(fields, "number"),
        confirmations=_confirmed(services, seen, fields) if "confirmed" in fields else (),
    )
    errors = {}
    if "reason" in fields and chosen is None:
        errors["reason"] = "Choose a reason."
    if "why" in fields and why is None:
        errors["why"] = "Give the reason in a sentence."
    if "documents" in fields and not typed.files:
        errors["documents"] = "Choose a file first."
    if "confirmed" in fields and not set(_wanted(services, seen)) <= set(typed.confirmations):
        errors["confirmed"] = "The case is closed only when each of these is confirmed; until then it stays open."
    if "assignee" in fields and (wrong := _wrong_assignee(services, seen, typed.assignee)):
        errors["assignee"] = wrong
    return typed, errors


def _wanted(services: Services, seen: Seen) -> tuple[str, ...]:
    case = services.cases.get(seen.case)
    return () if case is None else case.confirmations


def _confirmed(services: Services, seen: Seen, fields: dict[str, Any]) -> tuple[str, ...]:
    wanted = _wanted(services, seen)
    places = {int(option["value"]) for option in fields["confirmed"].get("selected_options") or ()}
    return tuple(name for place, name in enumerate(wanted) if place in places)


def _wrong_assignee(services: Services, seen: Seen, user: str | None) -> str | None:
    if user is None:
        return "Choose a person."
    case = services.cases.get(seen.case)
    if case is not None and case.assignee == user:
        return "They have the case already."
    if services.access.has_any(user, HANDLERS):
        return None
    return "They are neither a resolution specialist nor a lead."


def _text(fields: dict[str, Any], name: str) -> str | None:
    return (fields.get(name, {}).get("value") or "").strip() or None


def _open(request: Request, view: Block) -> None:
    """Open a modal, on top of the one in front if there is one."""
    in_modal = (request.body.get("view") or {}).get("type") == "modal"
    opening = request.client.views_push if in_modal else request.client.views_open
    opening(trigger_id=request.body["trigger_id"], view=view)


def _redraw(services: Services, request: Request, view_id: str, case: Case, *, done: str) -> None:
    try:
        request.client.views_update(view_id=view_id, view=details_of(services, request.user, case, done=done))
    except UNANSWERED:
        # The person has closed it meanwhile, or Slack does not answer; what was done stands.
        return


def _seen(value: str) -> Seen:
    case, _, version = value.partition("|")
    # What an older card carries instead of a version is no version that the case can have.
    return Seen(case=case, version=int(version) if version.isdecimal() else 0)


def _metadata(case: Case, *, message: tuple[str, str] | None = None) -> str:
    return msgspec.json.encode(Seen(case=case.id, version=case.moved, message=message)).decode()


def _direct_message(request: Request) -> tuple[str, str] | None:
    """Return the direct message that was acted from; a channel's card is drawn by ``deliver`` alone."""
    place = request.body.get("container") or {}
    channel = str(place.get("channel_id", ""))
    return (channel, str(place["message_ts"])) if channel.startswith("D") else None


def _handled(services: Services, request: Request, seen: Seen, case: Case) -> None:
    """Let the direct message that asked for this say what was done in place of its buttons."""
    if seen.message is None or seen.version == case.moved:
        return
    event = services.cases.events(case.id)[-1]
    channel, ts = seen.message
    message = handled_message(case, event)
    with suppress(*UNANSWERED):
        request.client.chat_update(channel=channel, ts=ts, text=message.text, blocks=list(message.blocks))


def _interaction(request: Request) -> str:
    """Return what the same submission has when it is sent again, and no other."""
    view = request.body.get("view") or {}
    key = f"{view['id']}:{view.get('hash', '')}" if request.body["type"] == "view_submission" else None
    return hashlib.sha256((key or request.body["trigger_id"]).encode()).hexdigest()[:20]


def _roles(action: str) -> tuple[str, ...]:
    """Return the roles of those who may do ``action``; a case's owner may have any of them."""
    who = transitions.who_may(action)
    return STAFF if "case_owner" in who else tuple(role for role in STAFF if role in who)


PEOPLES: Final = tuple(action for action in LABELS if action != DETAILS)
LISTENERS: Final = (
    *(Listener(kind="action", name=f"case_{each}", roles=_roles(each), answer=button) for each in PEOPLES),
    Listener(kind="action", name=f"case_{DETAILS}", roles=READERS, answer=button),
    Listener(kind="action", name=OVERFLOW, roles=STAFF, answer=more),
    # Last of its kind, for buttons that are no more.
    Listener(kind="action", name=re.compile(r"^case_"), roles=READERS, answer=button),
    *(
        Listener(kind="view_submission", name=f"case_{each}", roles=_roles(each), answer=submitted)
        for each in (*case_views.FORMS, "link")
    ),
)
