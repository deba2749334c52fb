"""The Home tab: what this person can do here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from functions.slack.listeners.listener import Listener, Request
from sop_core.settings import ROLES
from sop_slack.home import home

if TYPE_CHECKING:
    from functions.slack.services import Services


def opened(services: Services, request: Request) -> None:
    """Answer the opening of the Home tab; Slack may repeat the event, and the tab is simply drawn again."""
    roles = services.access.roles(request.user)
    view = home(roles, services.settings().channels.get("resolution"))
    request.client.views_publish(user_id=request.user, view=view)
    request.ack()


LISTENERS: Final = (Listener(kind="event", name="app_home_opened", roles=ROLES, answer=opened),)
