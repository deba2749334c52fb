"""`/cases`: one's own, those that nobody has, one by its number, a search, and the report."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from slack_sdk.webhook import WebhookClient

from functions.slack.access import refusal
from functions.slack.auditing import keep
from functions.slack.casework import Seen
from functions.slack.listeners.cases import READERS, show
from functions.slack.listeners.listener import Listener, Request
from functions.slack.listing import numbered, of_people, page, search
from functions.slack.replies import reply, tell
from functions.slack.waking import wake
from sop_aws.deliveries import file_asked_for
from sop_core.cases.report import PERIODS
from sop_core.times import iso
from sop_slack.case_lists import HELP, PAGE_ACTION, listing

if TYPE_CHECKING:
    from functions.slack.services import Services
    from sop_slack.blocks import Message

PAGE: Final = 8
TEAM: Final = ("resolution_specialist", "lead")
REPORT_READERS: Final = ("lead", "admin")
RESPONSE_SECONDS: Final = 2
ON_ITS_WAY: Final = "The report is on its way. It comes as a file in your messages with SOP Desk."


def command(services: Services, request: Request) -> None:
    """Answer `/cases`."""
    text = str(request.body.get("text", "")).strip()
    first, _, rest = text.lower().partition(" ")
    match first:
        case "" | "mine":
            is_team = services.access.has_any(request.user, TEAM)
            reply(request, _list(services, request.user, "claimed" if is_team else "opened"))
        case "open":
            reply(request, _list(services, request.user, "unclaimed"))
        case "returned" | "overdue" if not rest:
            _watched(services, request, first)
        case "report":
            _report(services, request, rest.strip() or "week")
        case "help":
            request.ack(response_type="ephemeral", text=HELP)
        case _:
            _find(services, request, text)


def turn(services: Services, request: Request) -> None:
    """Answer a turned page: the private message shows it in place of the one before."""
    kind, _, start = str(request.body["actions"][0]["value"]).partition("|")
    request.ack()
    message = _list(services, request.user, kind, start=start or None)
    hook = WebhookClient(request.body["response_url"], timeout=RESPONSE_SECONDS)
    hook.send(text=message.text, blocks=list(message.blocks), replace_original=True, response_type="ephemeral")


def _find(services: Services, request: Request, text: str) -> None:
    case = numbered(services, text)
    if case is not None:
        show(services, request, Seen(case=case.id, version=case.moved))
    elif text.upper().startswith("SOP-"):
        # What was typed is not repeated: it may be anything.
        tell(request, "There is no case of that number. " + HELP)
    else:
        people = of_people(services, text) if services.access.has_any(request.user, TEAM) else ()
        found = search(services, text)
        count = len(found.heads) + sum(len(each.has) + len(each.opened) for each in people)
        if count:
            keep(services, "view", "saw cases found", by=request.user, detail=f"cases: {count}")
        now = iso(services.now())
        reply(request, listing("found", found.heads, now=now, rest=None, started=False, people=people))


def _watched(services: Services, request: Request, kind: str) -> None:
    """Answer with a list of everybody's cases, which is for those who see to them."""
    if services.access.has_any(request.user, TEAM):
        reply(request, _list(services, request.user, kind))
    else:
        tell(request, refusal(TEAM))


def _report(services: Services, request: Request, period: str) -> None:
    if not services.access.has_any(request.user, REPORT_READERS):
        tell(request, refusal(REPORT_READERS))
        return
    if period not in PERIODS:
        tell(request, HELP)
        return
    at = iso(services.now())
    # The same command delivered twice is the same report.
    made_of = str(request.body["trigger_id"])
    row = file_asked_for("report", made_of, person=request.user, about=period, at=at)
    keep(services, "export", "asked for a report", by=request.user, subject=period)
    services.cases.outbox.ask_for_file(row)
    wake(services.deliver, (row,))
    request.ack(response_type="ephemeral", text=ON_ITS_WAY)


def _list(services: Services, user: str, kind: str, *, start: str | None = None) -> Message:
    shown = page(services, kind, user, limit=PAGE, start=start)
    now = iso(services.now())
    return listing(kind, shown.heads, now=now, rest=shown.rest, started=start is not None, front=shown.front)


LISTENERS: Final = (
    Listener(kind="command", name="/cases", roles=READERS, answer=command),
    Listener(kind="action", name=re.compile(rf"^{PAGE_ACTION}:"), roles=READERS, answer=turn),
)
