"""Who may do what: roles are lists of Slack users and user groups, kept in the settings. In doubt, nobody may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from slack_sdk.errors import SlackApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from slack_sdk import WebClient

    from sop_core.settings import Settings

GROUP_SECONDS: Final = 300.0
ROLE_NAMES: Final = {
    "agent": "agent",
    "back_office": "back office support agent",
    "resolution_specialist": "resolution specialist",
    "lead": "lead",
    "admin": "admin",
}


class Groups:
    """Members of Slack user groups, remembered for five minutes: asking Slack on every click would be rate limited.

    Slack: https://docs.slack.dev/reference/methods/usergroups.users.list
    """

    def __init__(self, client: WebClient, clock: Callable[[], float]) -> None:
        self._client = client
        self._clock = clock
        self._members: dict[str, tuple[float, frozenset[str]]] = {}

    def members(self, group: str) -> frozenset[str]:
        """Return the user ids in a group; a group that Slack will not tell has no members."""
        known = self._members.get(group)
        if known and known[0] > self._clock():
            return known[1]
        try:
            answer = self._client.usergroups_users_list(usergroup=group)
        except SlackApiError:
            return known[1] if known else frozenset()
        members = frozenset(answer["users"])
        self._members[group] = (self._clock() + GROUP_SECONDS, members)
        return members


class Access:
    """Answers whether a Slack user has a role."""

    def __init__(self, settings: Callable[[], Settings], groups: Groups) -> None:
        self._settings = settings
        self._groups = groups

    def roles(self, user: str) -> frozenset[str]:
        """Return every role of a user."""
        return frozenset(role for role, members in self._settings().roles.items() if self._holds(user, members))

    def has_any(self, user: str, roles: Iterable[str]) -> bool:
        """Return whether the user holds one of the roles."""
        held = self._settings().roles
        return any(self._holds(user, held.get(role, ())) for role in roles)

    def _holds(self, user: str, members: Iterable[str]) -> bool:
        members = tuple(members)
        return user in members or any(user in self._groups.members(group) for group in members if group.startswith("S"))


def refusal(roles: Iterable[str]) -> str:
    """Return the private sentence for someone without a role."""
    names = " or ".join(ROLE_NAMES.get(role, role.replace("_", " ")) for role in roles)
    return f"This needs the role *{names}*. Ask an admin of SOP Desk to add you."
