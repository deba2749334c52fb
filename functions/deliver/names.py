"""What people are called: asked of Slack, then remembered. A name is a courtesy: nothing fails for want of it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from slack_sdk.errors import SlackApiError

from sop_http.client import UNANSWERED

if TYPE_CHECKING:
    from datetime import datetime

    from slack_sdk import WebClient

    from sop_aws.people import PeopleStore
    from sop_aws.times import Clock

CACHED: Final = timedelta(hours=1)
QUIET: Final = timedelta(minutes=1)
"""How long Slack is left alone after it did not answer."""
MOST: Final = 1000
LONGEST: Final = 80
USER: Final = re.compile(r"[UW][A-Z0-9]{2,30}")
UNKNOWN: Final = frozenset({"user_not_found", "user_not_visible", "users_not_found"})


class Names:
    """Display names by Slack user id.

    Slack: https://docs.slack.dev/reference/methods/users.info (scope ``users:read``)
    """

    def __init__(self, client: WebClient, people: PeopleStore, clock: Clock) -> None:
        """Take a client that waits briefly and never retries, where names are kept, and the clock."""
        self._client = client
        self._people = people
        self._clock = clock
        self._known: dict[str, tuple[datetime, str | None]] = {}
        self._quiet_until: datetime | None = None

    def of(self, user: str, otherwise: str) -> str:
        """Return what ``user`` is called; ``otherwise`` where Slack does not tell, or it is no user."""
        if not USER.fullmatch(user):
            return otherwise
        now = self._clock()
        known = self._known.get(user)
        if known is None or now - known[0] >= CACHED:
            known = (now, self._people.fresh(user) or self._asked(user, now) or self._people.name(user))
            self._remember(user, known)
        return known[1] or otherwise

    def _asked(self, user: str, now: datetime) -> str | None:
        if self._quiet_until is not None and now < self._quiet_until:
            return None
        try:
            answer = self._client.users_info(user=user)
        except UNANSWERED as error:
            if not (isinstance(error, SlackApiError) and error.response.get("error") in UNKNOWN):
                self._quiet_until = now + QUIET
            return None
        name = _display_name(answer["user"])
        if name:
            self._people.learn(user, name)
        return name

    def _remember(self, user: str, known: tuple[datetime, str | None]) -> None:
        if known[1] is None and self._quiet_until is not None and known[0] < self._quiet_until:
            # Slack did not answer: the next one may ask again.
            return
        self._known.pop(user, None)
        if len(self._known) >= MOST:
            del self._known[next(iter(self._known))]
        self._known[user] = known


def _display_name(user: dict[str, Any]) -> str | None:
    profile = user.get("profile") or {}
    found = (profile.get("display_name"), profile.get("real_name"), user.get("real_name"))
    return next((" ".join(name.split())[:LONGEST] for name in found if name and name.strip()), None)
