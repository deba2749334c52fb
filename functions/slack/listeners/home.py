"""The Home tab: what waits for this person, drawn anew each time it is opened."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from functions.slack.listeners.listener import Listener, Request
from functions.slack.listing import open_runs, page
from sop_aws.replay import replay
from sop_core.settings import ROLES, missing
from sop_core.times import iso
from sop_slack.home import SHOW, HomeScreen, Section, home
from sop_slack.undelivered import TRY_AGAIN, undelivered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from functions.slack.services import Services
    from sop_slack.blocks import Block

GLANCE: Final = 5
PAGE: Final = 10
SOON: Final = timedelta(days=1)
TEAM: Final = frozenset({"resolution_specialist", "lead"})
MENDERS: Final = frozenset({"lead", "admin"})
UNDELIVERED: Final = 50
AGENTS: Final = frozenset({"agent", "back_office"})


def opened(services: Services, request: Request) -> None:
    """Answer the opening of the Home tab; Slack may repeat the event, and the tab is simply drawn again."""
    request.client.views_publish(user_id=request.user, view=home(_screen(services, request.user)))
    request.ack()


def show(services: Services, request: Request) -> None:
    """Answer "See all", a turned page, or the way back."""
    kind, _, start = str(request.body["actions"][0]["value"]).partition("|")
    request.ack()
    if not kind:
        request.client.views_publish(user_id=request.user, view=home(_screen(services, request.user)))
        return
    shown = page(services, kind, request.user, limit=PAGE, start=start or None)
    section = Section(kind, shown.heads, shown.rest, bool(start), shown.front)
    now = iso(services.now())
    screen = HomeScreen(roles=services.access.roles(request.user), now=now, sections=(section,), only=True)
    request.client.views_publish(user_id=request.user, view=home(screen))


def _screen(services: Services, user: str) -> HomeScreen:
    roles = services.access.roles(user)
    now = services.now()
    sections: list[Section] = []
    if roles & TEAM:
        glances = [_glance(services, kind, user) for kind in ("claimed", "unclaimed", "closed")]
        sections += [_due_soon(glances[:2], before=iso(now + SOON)), *glances]
    if roles & AGENTS:
        sections.append(_glance(services, "opened", user))
    return HomeScreen(
        roles=roles,
        now=iso(now),
        sections=tuple(sections),
        runs=open_runs(services, user) if roles & AGENTS else (),
        overview=services.queue.overview() if "lead" in roles else None,
        missing=missing(services.settings()) if "admin" in roles else (),
        undelivered=_undelivered(services) if roles & MENDERS else (),
    )


def send_again(services: Services, request: Request) -> None:
    """Answer "Send again": what stood undelivered is tried once more, a bounded number at a time."""
    request.ack()
    replay(services.cases.outbox, services.deliver, now=services.now(), limit=UNDELIVERED)
    request.client.views_publish(user_id=request.user, view=home(_screen(services, request.user)))


def _undelivered(services: Services) -> tuple[Block, ...]:
    dead = list(services.cases.outbox.dead_deliveries(limit=UNDELIVERED))
    counts = Counter((row.reason or row.kind, row.channel) for row in dead)
    return tuple(undelivered(counts, has_more=len(dead) == UNDELIVERED))


def _due_soon(lists: Sequence[Section], *, before: str) -> Section:
    """Return what is due first: the lists begin with what is due soonest, so there is nothing more to ask for."""
    due = [head for section in lists for head in section.heads if head.due_at < before]
    return Section("due", tuple(sorted(due, key=lambda head: (head.due_at, head.opened_at))[:GLANCE]))


def _glance(services: Services, kind: str, user: str) -> Section:
    first = page(services, kind, user, limit=GLANCE)
    return Section(kind, first.heads, first.rest, front=first.front)


LISTENERS: Final = (
    Listener(kind="event", name="app_home_opened", roles=ROLES, answer=opened),
    Listener(kind="action", name=re.compile(rf"^{SHOW}"), roles=ROLES, answer=show),
    Listener(kind="action", name=TRY_AGAIN, roles=tuple(sorted(MENDERS)), answer=send_again),
)
