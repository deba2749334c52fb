"""Who may do what: roles are lists of Slack users and user groups, kept in the settings. In doubt, nobody may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sop_core.settings import ROLES
from sop_http.client import UNANSWERED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from slack_sdk import WebClient

    from sop_core.settings import Settings

ADMINS: Final = ("admin",)
"""The roles of whoever sets SOP Desk up: settings, procedures, the transfer sheet."""

GROUP_SECONDS: Final = 45.0
STALE_SECONDS: Final = 3600.0
RETRY_SECONDS: Final = 10.0
ROLE_NAMES: Final = {
    "agent": "agent",
    "back_office": "back office support agent",
    "resolution_specialist": "resolution specialist",
    "lead": "lead",
    "admin": "admin",
}


class Members(NamedTuple):
    """What Slack last said of a group (``None``: nothing yet), when, and when to ask it again."""

    users: frozenset[str] | None
    told_at: float
    ask_at: float


class Groups:
    """Members of Slack user groups, remembered for less than a minute: so soon is a change in effect.

    Asking Slack on every click would be rate limited.

    Slack: https://docs.slack.dev/reference/methods/usergroups.users.list
    """

    def __init__(self, client: WebClient, clock: Callable[[], float]) -> None:
        self._client = client
        self._clock = clock
        self._known: dict[str, Members] = {}
        self._listed: tuple[float, dict[str, str] | None] | None = None

    def members(self, group: str) -> frozenset[str] | None:
        """Return the user ids in a group, at most an hour old, or ``None`` where Slack does not tell."""
        now = self._clock()
        known = self._known.get(group)
        if known is None or known.ask_at <= now:
            known = self._known[group] = self._asked(group, known, now)
        return known.users if now - known.told_at < STALE_SECONDS else None

    def listed(self) -> dict[str, str] | None:
        """Return the name of each user group by its id, ``None`` where Slack does not tell.

        Slack: https://docs.slack.dev/reference/methods/usergroups.list
        """
        now = self._clock()
        if self._listed is None or self._listed[0] <= now:
            found = self._list()
            self._listed = (now + (RETRY_SECONDS if found is None else GROUP_SECONDS), found)
        return self._listed[1]

    def _list(self) -> dict[str, str] | None:
        try:
            groups = self._client.usergroups_list()["usergroups"]
        except UNANSWERED:
            return None
        return {group["id"]: f"{group['name']} (@{group['handle']})" for group in groups}

    def _asked(self, group: str, known: Members | None, now: float) -> Members:
        try:
            answer = self._client.usergroups_users_list(usergroup=group)
        except UNANSWERED:
            return Members(known.users if known else None, known.told_at if known else now, now + RETRY_SECONDS)
        return Members(frozenset(answer["users"]), now, now + GROUP_SECONDS)


class Access:
    """Answers whether a Slack user has a role."""

    def __init__(self, settings: Callable[[], Settings], groups: Groups) -> None:
        self._settings = settings
        self.groups = groups

    def roles(self, user: str) -> frozenset[str]:
        """Return every role of a user."""
        return frozenset(role for role in self._settings().roles if self.knows(user, role))

    def has_any(self, user: str, roles: Iterable[str]) -> bool:
        """Return whether the user holds one of the roles; in doubt, not."""
        return any(self.knows(user, role) for role in roles)

    def is_unsure(self, user: str, roles: Iterable[str]) -> bool:
        """Return whether the user may hold one of the roles through a group of which Slack does not tell."""
        return any(self._settings().roles.get(role) and self.knows(user, role) is None for role in roles)

    def knows(self, user: str, role: str) -> bool | None:
        """Return whether the user holds the role; ``None`` if nobody is set to, or Slack does not tell."""
        held_by = self._settings().roles.get(role, ())
        if user in held_by:
            return True
        groups = [self.groups.members(each) for each in held_by if each.startswith("S")]
        if any(members is not None and user in members for members in groups):
            return True
        return None if not held_by or None in groups else False


def refusal(roles: Iterable[str], *, is_unsure: bool = False) -> str:
    """Return the private sentence for someone without a role; ``is_unsure``: for all that Slack tells of its group."""
    roles = tuple(roles)
    if is_unsure:
        return "Slack did not say whether you are in the group that holds the role for this. Try again in a minute."
    if len(roles) == len(ROLES):
        return "This needs a role in SOP Desk. Ask an admin to add you."
    names = " or ".join(ROLE_NAMES.get(role, role.replace("_", " ")) for role in roles)
    return (
        f"This needs the role *{names}*, which you do not have. "
        "Ask an admin of SOP Desk to add you; a guest of this workspace can be added too."
    )
