"""A listener and its role check.

Slack cannot restrict a command, and a button or a modal outlives the role, so each request is checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from functions.slack.access import refusal
from functions.slack.replies import tell

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

    from slack_bolt import Ack
    from slack_sdk import WebClient

    from functions.slack.services import Services

Body = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Request:
    """One verified request of Slack: its body, the way to acknowledge it, and a client for the ack path."""

    body: Body
    ack: Ack
    client: WebClient

    @property
    def user(self) -> str:
        """The Slack user id of whoever acted."""
        if "event" in self.body:
            return str(self.body["event"].get("user", ""))
        return str(self.body.get("user_id") or self.body["user"]["id"])

    @property
    def is_of_an_app(self) -> bool:
        """Whether an app did it: what we post ourselves comes back as an event, and is no request."""
        event = self.body.get("event")
        return event is not None and ("bot_id" in event or not event.get("user"))

    @property
    def user_name(self) -> str:
        """The name to show for whoever acted; ids, not names, identify people."""
        user = self.body.get("user", {})
        return str(user.get("name") or user.get("username") or self.body.get("user_name") or self.user)


@dataclass(frozen=True, kw_only=True)
class Listener:
    """``kind`` is Bolt's decorator; ``roles``: any of them suffices (a run or a case checks its own people besides).

    Where published data says whose it is, ``roles`` reads it then.
    An event may be named by its type and subtype.
    """

    kind: Literal["command", "action", "view_submission", "view_closed", "options", "event"]
    name: str | re.Pattern[str] | dict[str, str]
    roles: tuple[str, ...] | Callable[[Services], tuple[str, ...]]
    answer: Callable[[Services, Request], None]

    def allowed(self, services: Services) -> tuple[str, ...]:
        """Return the roles of which any suffices now."""
        return self.roles(services) if callable(self.roles) else self.roles


def guarded(listener: Listener, services: Services, answer: Callable[[Request], None]) -> Callable[..., None]:
    """Return the function that Bolt calls: it refuses whoever lacks the role, privately, and does nothing else then."""

    def listen(ack: Ack, body: Body, client: WebClient) -> None:
        request = Request(body=body, ack=ack, client=client)
        if request.is_of_an_app:
            ack()
            return
        roles = listener.allowed(services)
        if services.access.has_any(request.user, roles):
            answer(request)
        else:
            tell(request, refusal(roles, is_unsure=services.access.is_unsure(request.user, roles)))

    return listen
