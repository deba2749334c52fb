"""``conversations``: channels and direct messages, and what stands in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from infra.local.workspace.errors import Json, Refused
from infra.local.workspace.web_api.arguments import Method, flag, needed, paged

if TYPE_CHECKING:
    from infra.local.workspace.conversations import Message
    from infra.local.workspace.state import Workspace


def _open(workspace: Workspace, args: Json) -> Json:
    wanted = str(args.get("users") or args.get("channel") or "")
    if not wanted:
        raise Refused("users_list_not_supplied")
    users = wanted.split(",")
    if len(users) > 1:
        raise Refused("method_not_supported_for_channel_type")
    if users[0].startswith(("U", "W")) and workspace.config.person(users[0]) is None:
        raise Refused("user_not_found")
    return {"channel": {"id": workspace.conversations.resolve(users[0])}}


def _history(workspace: Workspace, args: Json) -> Json:
    [channel] = needed(args, "channel")
    messages = workspace.conversations.history(workspace.conversations.resolve(channel))
    page, meta = paged([each for each in messages[::-1] if _in_range(each, args)], args)
    with_metadata = flag(args, "include_all_metadata")
    return {"messages": [workspace.message_payload(each, with_metadata=with_metadata) for each in page], **meta}


def _replies(workspace: Workspace, args: Json) -> Json:
    channel, ts = needed(args, "channel", "ts")
    channel = workspace.conversations.resolve(channel)
    root = workspace.conversations.messages.get(channel, {}).get(ts)
    if root is None:
        raise Refused("thread_not_found")
    thread = workspace.conversations.replies(channel, root.thread_ts or root.ts)
    inside = [each for each in thread if not each.is_reply or _in_range(each, args)]
    page, meta = paged(inside, args)
    with_metadata = flag(args, "include_all_metadata")
    return {"messages": [workspace.message_payload(each, with_metadata=with_metadata) for each in page], **meta}


def _in_range(message: Message, args: Json) -> bool:
    oldest, latest = float(args.get("oldest") or 0), float(args.get("latest") or "inf")
    at = float(message.ts)
    return oldest <= at <= latest if flag(args, "inclusive") else oldest < at < latest


METHODS: Final[dict[str, Method]] = {
    "conversations.open": _open,
    "conversations.history": _history,
    "conversations.replies": _replies,
}
