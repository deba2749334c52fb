"""Cases as Slack sees them: the buttons of a card. Of two who click, one wins and the other is told who."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from functions.slack.access import refusal
from functions.slack.listeners.listener import Listener, Request
from functions.slack.replies import tell
from functions.slack.waking import wake
from sop_aws.cases import CaseChanged
from sop_aws.deliveries import outbox
from sop_aws.times import iso
from sop_core.cases import lifecycle
from sop_slack import case_views

if TYPE_CHECKING:
    from functions.slack.services import Services
    from sop_aws.deliveries import Delivery
    from sop_core.cases.case import Case

SPECIALISTS: Final = ("resolution_specialist", "lead")
GONE: Final = "This case no longer exists."


class Seen(msgspec.Struct, frozen=True):
    """The case and the version of it that the person saw when they acted."""

    case: str
    version: int


def claim(services: Services, request: Request) -> None:
    """Answer "Claim": the case is theirs, unless someone was faster."""
    _act(services, request, _of_button(request), "claim")
    request.ack()


def reopen(services: Services, request: Request) -> None:
    """Answer "Re-open": the case waits in the channel again."""
    _act(services, request, _of_button(request), "reopen")
    request.ack()


def ask_why_closed(services: Services, request: Request) -> None:
    """Answer "Close…": ask for the reason, if the case can still be closed by this person."""
    seen = _of_button(request)
    case = services.cases.get(seen.case)
    if case is None or case.version != seen.version:
        tell(request, GONE if case is None else case_views.what_it_is_now(case, request.user))
        return
    view = case_views.close_modal(case, lifecycle.CLOSE_REASONS, msgspec.json.encode(seen).decode())
    request.client.views_open(trigger_id=request.body["trigger_id"], view=view)
    request.ack()


def close(services: Services, request: Request) -> None:
    """Answer the reason: the case is closed with it."""
    view = request.body["view"]
    seen = msgspec.json.decode(view["private_metadata"], type=Seen)
    values = view["state"]["values"]
    chosen = values["reason"]["reason"].get("selected_option")
    if chosen is None:
        request.ack({"response_action": "errors", "errors": {"reason": "Choose a reason."}})
        return
    if _act(services, request, seen, "close", reason=chosen["value"], note=values["note"]["note"].get("value")):
        request.ack()


def _act(
    services: Services, request: Request, seen: Seen, action: str, *, reason: str | None = None, note: str | None = None
) -> bool:
    """Do ``action`` to the case as the person saw it; else tell them what it is now. Return whether it was done."""
    case = services.cases.get(seen.case)
    if case is None:
        tell(request, GONE)
        return False
    if not lifecycle.permitted(case, action, actor=request.user, roles=services.access.roles(request.user)):
        tell(request, refusal(SPECIALISTS))
        return False
    try:
        deliveries = _change(services, request, case, seen, action=action, reason=reason, note=note)
    except (CaseChanged, lifecycle.NotAllowed):
        current = services.cases.get(seen.case)
        tell(request, GONE if current is None else case_views.what_it_is_now(current, request.user))
        return False
    wake(services.deliver, deliveries)
    return True


def _change(
    services: Services, request: Request, case: Case, seen: Seen, *, action: str, reason: str | None, note: str | None
) -> tuple[Delivery, ...]:
    # A replayed or late click carries the version it saw, so it never acts on what came after.
    if case.version != seen.version:
        raise CaseChanged(case)
    at = iso(services.now())
    changed, event = lifecycle.apply(
        case, action, actor=request.user, actor_name=request.user_name, at=at, reason=reason, note=note
    )
    deliveries = outbox(changed, "card", "thread", at=at)
    services.cases.change(changed, event, deliveries)
    return deliveries


def _of_button(request: Request) -> Seen:
    case, _, version = str(request.body["actions"][0]["value"]).partition("|")
    return Seen(case=case, version=int(version))


LISTENERS: Final = (
    Listener(kind="action", name="case_claim", roles=SPECIALISTS, answer=claim),
    Listener(kind="action", name="case_close", roles=SPECIALISTS, answer=ask_why_closed),
    Listener(kind="action", name="case_reopen", roles=(*SPECIALISTS, "agent"), answer=reopen),
    Listener(kind="view_submission", name=case_views.CLOSE_CALLBACK, roles=SPECIALISTS, answer=close),
)
