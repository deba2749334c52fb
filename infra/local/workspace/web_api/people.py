"""``users`` and ``usergroups``: who works here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from infra.local.workspace.errors import Json, Refused
from infra.local.workspace.web_api.arguments import Method, flag, needed

if TYPE_CHECKING:
    from infra.local.workspace.state import Workspace


def _users_info(workspace: Workspace, args: Json) -> Json:
    [user] = needed(args, "user")
    person = workspace.config.person(user)
    if person is None:
        raise Refused("user_not_found")
    shown = {
        "id": person.id,
        "team_id": workspace.config.team_id,
        "name": person.handle,
        "real_name": person.name,
        "deleted": False,
        "is_bot": user == workspace.config.bot_user,
        "is_admin": False,
        "tz": "America/New_York",
        "profile": {"real_name": person.name, "display_name": person.name, "title": person.title},
    }
    return {"user": shown}


def _groups_list(workspace: Workspace, args: Json) -> Json:
    with_users = flag(args, "include_users")
    rows = [
        {
            "id": group.id,
            "team_id": workspace.config.team_id,
            "is_usergroup": True,
            "handle": group.handle,
            "name": group.name,
            "user_count": len(group.members),
            **({"users": list(group.members)} if with_users else {}),
        }
        for group in workspace.config.groups
    ]
    return {"usergroups": rows}


def _group_users(workspace: Workspace, args: Json) -> Json:
    [wanted] = needed(args, "usergroup")
    group = workspace.config.group(wanted)
    if group is None:
        raise Refused("no_such_subteam")
    return {"users": list(group.members)}


METHODS: Final[dict[str, Method]] = {
    "users.info": _users_info,
    "usergroups.list": _groups_list,
    "usergroups.users.list": _group_users,
}
