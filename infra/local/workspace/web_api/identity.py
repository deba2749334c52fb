"""``auth``: whose token it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from infra.local.workspace.errors import Json
    from infra.local.workspace.state import Workspace
    from infra.local.workspace.web_api.arguments import Method


def _auth_test(workspace: Workspace, _args: Json) -> Json:
    config = workspace.config
    return {
        "url": f"{workspace.base_url}/",
        "team": config.team_name,
        "user": config.app_name.lower().replace(" ", ""),
        "team_id": config.team_id,
        "user_id": config.bot_user,
        "bot_id": config.bot_id,
        "is_enterprise_install": False,
    }


METHODS: Final[dict[str, Method]] = {
    "auth.test": _auth_test,
}
