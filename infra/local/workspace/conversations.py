"""Channels, direct messages with the app, and what was said in them. Time is passed in; one event loop owns it all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from infra.local.workspace.errors import Json, Refused
from infra.local.workspace.limits import MESSAGE_TEXT

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.workspace.config import WorkspaceConfig

MENTION = re.compile(r"<@(\w+)(?:\|[^>]*)?>|<!subteam\^(\w+)(?:\|[^>]*)?>|<!(here|channel|everyone)(?:\|[^>]*)?>")
TYPED_PING = re.compile(r"(?<![\w@])@(here|channel|everyone)\b")


class Message(msgspec.Struct, kw_only=True):
    """A message as it stands now. ``only_for`` makes it ephemeral; ``files`` are file ids."""

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Json] = []
    thread_ts: str | None = None
    edited: Json | None = None
    only_for: str | None = None
    metadata: Json | None = None
    files: list[str] = []
    client_msg_id: str | None = None

    @property
    def is_reply(self) -> bool:
        """Whether this stands in a thread, below its first message."""
        return self.thread_ts is not None and self.thread_ts != self.ts


class Conversations:
    """Every message of the workspace, by channel."""

    def __init__(self, config: WorkspaceConfig) -> None:
        self.config = config
        self.messages: dict[str, dict[str, Message]] = {}
        self.read: dict[tuple[str, str], str] = {}
        self._last_micros = 0

    def next_ts(self, now: float) -> str:
        """A time stamp that no other message has."""
        self._last_micros = max(int(now * 1_000_000), self._last_micros + 1)
        return f"{self._last_micros // 1_000_000}.{self._last_micros % 1_000_000:06d}"

    def dm_of(self, user: str) -> str:
        """The id of the direct conversation between ``user`` and the app."""
        return f"D{user[1:]}"

    def dm_user(self, channel: str) -> str | None:
        """The person on the other side of a direct conversation with the app."""
        return next((person.id for person in self.config.people if self.dm_of(person.id) == channel), None)

    def resolve(self, channel: str) -> str:
        """The id of a channel, direct conversation, or person's direct conversation.

        Raises:
            Refused: there is no such channel.
        """
        if self.config.channel(channel) or self.dm_user(channel):
            return channel
        if any(person.id == channel for person in self.config.people):
            return self.dm_of(channel)
        named = next((each.id for each in self.config.channels if each.name == channel.removeprefix("#")), None)
        if named is None:
            raise Refused("channel_not_found")
        return named

    def name_of(self, channel: str) -> str:
        """What Slack calls the channel in a payload."""
        known = self.config.channel(channel)
        return known.name if known else "directmessage"

    def post(self, message: Message) -> Message:
        """Keep a new message; the text is cut where Slack cuts it."""
        message.text = message.text[:MESSAGE_TEXT]
        message.blocks = with_block_ids(message.blocks)
        self.messages.setdefault(message.channel, {})[message.ts] = message
        if message.user in {person.id for person in self.config.people} and not message.only_for:
            self.mark_read(message.user, message.channel, upto=message.ts)
        return message

    def get(self, channel: str, ts: str) -> Message:
        """One message.

        Raises:
            Refused: there is none with this time stamp.
        """
        found = self.messages.get(channel, {}).get(ts)
        if found is None:
            raise Refused("message_not_found")
        return found

    def delete(self, channel: str, ts: str) -> None:
        """Forget a message."""
        self.get(channel, ts)
        del self.messages[channel][ts]

    def history(self, channel: str, *, viewer: str | None = None) -> list[Message]:
        """The channel's own messages, oldest first; with a viewer, those shown only to them too."""
        return [message for message in self._all(channel, viewer) if not message.is_reply]

    def replies(self, channel: str, ts: str, *, viewer: str | None = None) -> list[Message]:
        """A thread: its first message, then the answers."""
        return [message for message in self._all(channel, viewer) if ts in {message.ts, message.thread_ts}]

    def reply_count(self, message: Message) -> int:
        """How many answers a message has."""
        return sum(1 for each in self.replies(message.channel, message.ts) if each.is_reply)

    def mark_read(self, user: str, channel: str, *, upto: str | None = None) -> None:
        """``user`` has seen the channel."""
        latest = upto or max(self.messages.get(channel, {"0": None}), default="0")
        self.read[user, channel] = max(latest, self.read.get((user, channel), "0"))

    def unread(self, user: str, channel: str) -> tuple[int, int]:
        """How many unread messages there are, and how many of them mention ``user``."""
        since = self.read.get((user, channel), "0")
        new = [each for each in self._all(channel, user) if each.ts > since and each.user != user]
        is_dm = self.dm_user(channel) is not None
        return len(new), sum(1 for each in new if is_dm or self.mentions(each, user))

    def mentions(self, message: Message, user: str) -> bool:
        """Whether the message pings ``user``: by name, by group, or together with everyone."""
        if message.only_for:
            return message.only_for == user
        for person, group, everyone in MENTION.findall(_pinging_text(message)):
            known = self.config.group(group) if group else None
            if person == user or everyone or (known and user in known.members):
                return True
        return False

    def _all(self, channel: str, viewer: str | None) -> list[Message]:
        messages = self.messages.get(channel, {})
        return [messages[ts] for ts in sorted(messages) if messages[ts].only_for in {None, viewer}]


def with_block_ids(blocks: list[Json]) -> list[Json]:
    """The blocks with the ids that Slack makes up where the app gave none."""
    taken = {block.get("block_id") for block in blocks}
    filled = []
    for index, block in enumerate(blocks):
        made_up = next(each for each in (f"b{index}", f"b{index}_", f"b{index}__") if each not in taken)
        filled.append({**_with_action_ids(block), "block_id": block.get("block_id") or made_up})
    return filled


def _with_action_ids(block: Json) -> Json:
    if isinstance(block.get("element"), dict):
        return {**block, "element": {"action_id": "a0", **block["element"]}}
    if isinstance(block.get("accessory"), dict) and block["accessory"].get("type") != "image":
        return {**block, "accessory": {"action_id": "a0", **block["accessory"]}}
    if block.get("type") == "actions":
        elements = [{"action_id": f"a{index}", **each} for index, each in enumerate(block["elements"])]
        return {**block, "elements": elements}
    return block


def _pinging_text(message: Message) -> str:
    return "\n".join([message.text, *_block_pings(message.blocks)])


def _block_pings(value: Any) -> list[str]:  # noqa: ANN401  any JSON value
    """The mentions in blocks, as mrkdwn: plain_text mentions nobody, an ``@here`` typed in mrkdwn everybody."""
    if isinstance(value, list):
        return [ping for inner in value for ping in _block_pings(inner)]
    if not isinstance(value, dict):
        return []
    ping = PINGS.get(value.get("type", ""))
    return _block_pings(list(value.values())) if ping is None else [ping(value)]


def _mrkdwn_ping(value: Json) -> str:
    text = str(value.get("text", ""))
    return text if value.get("verbatim") else TYPED_PING.sub(r"<!\1>", text)


PINGS: dict[str, Callable[[Json], str]] = {
    "plain_text": lambda _: "",
    "mrkdwn": _mrkdwn_ping,
    "user": lambda value: f"<@{value.get('user_id')}>",
    "usergroup": lambda value: f"<!subteam^{value.get('usergroup_id')}>",
    "broadcast": lambda value: f"<!{value.get('range')}>",
}
