"""What an app may do with a ``response_url``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.local.workspace.conversations import Message
from infra.local.workspace.errors import Json, Refused
from infra.local.workspace.limits import check_message
from infra.local.workspace.web_api.chat import rewrite

if TYPE_CHECKING:
    from infra.local.workspace.state import Hook, Workspace


def use(workspace: Workspace, hook_id: str, body: Json) -> None:
    """Carry out one request to a ``response_url``.

    Raises:
        Refused: the address is used up or too old, or the message is faulty.
    """
    hook = workspace.use_hook(hook_id)
    original = _original(workspace, hook)
    if body.get("delete_original"):
        if original:
            workspace.delete(original.channel, original.ts)
        return
    check_message(text=body.get("text"), blocks=body.get("blocks"))
    if body.get("replace_original") and original:
        rewrite(workspace, original, text=body.get("text"), blocks=body.get("blocks"))
        workspace.changed(original)
        return
    thread_ts = body.get("thread_ts") or (original.thread_ts if original else None)
    respond(workspace, body, channel=hook.channel, user=hook.user, thread_ts=thread_ts)


def respond(workspace: Workspace, body: Json, *, channel: str, user: str, thread_ts: str | None = None) -> None:
    """Post an answer of the app: private, unless ``response_type`` is ``in_channel``."""
    is_public = body.get("response_type") == "in_channel"
    workspace.post(
        Message(
            ts=workspace.conversations.next_ts(workspace.now()),
            channel=channel,
            user=workspace.config.bot_user,
            text=str(body.get("text") or ""),
            blocks=body.get("blocks") or [],
            thread_ts=thread_ts,
            only_for=None if is_public else user,
        )
    )


def _original(workspace: Workspace, hook: Hook) -> Message | None:
    if hook.message_ts is None:
        return None
    try:
        return workspace.conversations.get(hook.channel, hook.message_ts)
    except Refused:
        return None
