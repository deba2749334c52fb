"""``chat``: messages, for everybody in a channel or for one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from infra.local.workspace.conversations import Message, with_block_ids
from infra.local.workspace.errors import Json, Refused
from infra.local.workspace.limits import check_message, check_update
from infra.local.workspace.web_api.arguments import Method, decoded, needed

if TYPE_CHECKING:
    from infra.local.workspace.state import Workspace


def _post_message(workspace: Workspace, args: Json) -> Json:
    [wanted] = needed(args, "channel")
    channel = workspace.conversations.resolve(wanted)
    blocks = _blocks(args)
    check_message(text=args.get("text"), blocks=blocks)
    posted = workspace.post(
        Message(
            ts=workspace.conversations.next_ts(workspace.now()),
            channel=channel,
            user=workspace.config.bot_user,
            text=str(args.get("text") or ""),
            blocks=blocks or [],
            thread_ts=thread_of(workspace, channel, args.get("thread_ts")),
            metadata=decoded(args, "metadata"),
        )
    )
    return _posted(workspace, posted)


def _update(workspace: Workspace, args: Json) -> Json:
    channel, ts = needed(args, "channel", "ts")
    message = workspace.conversations.get(workspace.conversations.resolve(channel), ts)
    if message.user != workspace.config.bot_user or message.only_for:
        raise Refused("cant_update_message")
    blocks = _blocks(args)
    check_update(text=args.get("text"), blocks=blocks)
    rewrite(workspace, message, text=args.get("text"), blocks=blocks)
    if args.get("metadata") is not None:
        message.metadata = decoded(args, "metadata") or None
    workspace.changed(message)
    return {**_posted(workspace, message), "text": message.text}


def _post_ephemeral(workspace: Workspace, args: Json) -> Json:
    channel, user = needed(args, "channel", "user")
    if workspace.config.person(user) is None:
        raise Refused("user_not_in_channel")
    blocks = _blocks(args)
    check_message(text=args.get("text"), blocks=blocks)
    posted = workspace.post(
        Message(
            ts=workspace.conversations.next_ts(workspace.now()),
            channel=workspace.conversations.resolve(channel),
            user=workspace.config.bot_user,
            text=str(args.get("text") or ""),
            blocks=blocks or [],
            thread_ts=args.get("thread_ts"),
            only_for=user,
        )
    )
    return {"message_ts": posted.ts}


def rewrite(workspace: Workspace, message: Message, *, text: str | None, blocks: list[Json] | None) -> None:
    """Change a message as Slack does: text without blocks takes the blocks away, and only then it reads “edited”."""
    if blocks is not None:
        message.blocks = with_block_ids(blocks)
    elif text:
        message.blocks = []
        message.edited = {"user": message.user, "ts": f"{workspace.now():.6f}"}
    if text is not None:
        message.text = str(text)


def thread_of(workspace: Workspace, channel: str, thread_ts: str | None) -> str | None:
    """The thread to answer in; Slack refuses one that is not there."""
    if not thread_ts:
        return None
    if thread_ts not in workspace.conversations.messages.get(channel, {}):
        raise Refused("thread_not_found")
    return thread_ts


def _posted(workspace: Workspace, message: Message) -> Json:
    return {
        "channel": message.channel,
        "ts": message.ts,
        "message": workspace.message_payload(message, with_metadata=True),
    }


def _blocks(args: Json) -> list[Json] | None:
    blocks = decoded(args, "blocks")
    if blocks is not None and not isinstance(blocks, list):
        raise Refused("invalid_blocks_format")
    return blocks


METHODS: Final[dict[str, Method]] = {
    "chat.postMessage": _post_message,
    "chat.update": _update,
    "chat.postEphemeral": _post_ephemeral,
}
