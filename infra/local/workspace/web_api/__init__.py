"""Slack's Web API, as far as an app like this one may use it: a module a family, a function a method."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from infra.local.workspace.errors import Json, Refused
from infra.local.workspace.web_api import chat, conversations, files, identity, people, views

if TYPE_CHECKING:
    from infra.local.workspace.state import Workspace
    from infra.local.workspace.web_api.arguments import Method

__all__ = ["METHODS", "call"]

METHODS: Final[dict[str, Method]] = {
    name: method
    for family in (identity, chat, conversations, views, files, people)
    for name, method in family.METHODS.items()
}


def call(workspace: Workspace, method: str, args: Json, *, token: str | None) -> Json:
    """Answer one call as Slack would; a refusal is an answer too."""
    try:
        _authorise(workspace, method, token)
        answer = METHODS[method](workspace, args)
    except Refused as refusal:
        return refusal.answer()
    return {"ok": True, **answer}


def _authorise(workspace: Workspace, method: str, token: str | None) -> None:
    if method not in METHODS:
        raise Refused("unknown_method")
    if not token:
        raise Refused("not_authed")
    if token != workspace.config.bot_token:
        raise Refused("invalid_auth")
