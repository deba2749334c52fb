"""All that Slack can ask of the app, in one table: kind of request, name, who may send it, what answers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from functions.slack.listeners import (
    admin,
    audit,
    case_lists,
    cases,
    columns,
    forget,
    home,
    overview,
    publishing,
    runs,
    transfers,
)
from functions.slack.listeners.listener import Listener, guarded

if TYPE_CHECKING:
    from slack_bolt import App

    from functions.slack.services import Services

LISTENERS: tuple[Listener, ...] = (
    *runs.LISTENERS,
    *overview.LISTENERS,
    *cases.LISTENERS,
    *case_lists.LISTENERS,
    *transfers.LISTENERS,
    *columns.LISTENERS,
    *home.LISTENERS,
    *admin.LISTENERS,
    *audit.LISTENERS,
    *publishing.LISTENERS,
    *forget.LISTENERS,
)


def register(app: App, services: Services) -> None:
    """Register every listener of the table, each behind its role check."""
    for listener in LISTENERS:
        matcher = getattr(app, listener.kind)(listener.name)
        matcher(guarded(listener, services, partial(listener.answer, services)))
