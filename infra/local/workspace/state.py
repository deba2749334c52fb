"""The whole workspace in memory, saved as one file."""

from __future__ import annotations

import secrets
from collections import deque
from typing import TYPE_CHECKING, Literal

import msgspec

from infra.local.workspace.conversations import Conversations, Message
from infra.local.workspace.errors import Json, Refused
from infra.local.workspace.files import File, Files
from infra.local.workspace.views import View, Views

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from infra.local.workspace.config import WorkspaceConfig

LOGGED = 300
HOOK_USES = 5
HOOK_SECONDS = 30 * 60
EventKind = Literal["message", "gone", "views", "home", "log"]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that an open page may have to show; ``None`` fields concern everybody."""

    kind: EventKind
    channel: str | None = None
    ts: str | None = None
    user: str | None = None
    line: int | None = None


class Logged(msgspec.Struct, kw_only=True):
    """One request, for the inspector: to the app, or from it. ``is_ok`` is unknown while it is under way."""

    id: int
    label: str
    is_inbound: bool
    at: float
    status: str = "…"
    is_ok: bool | None = None
    ms: float | None = None
    request: str = ""
    answer: str = ""


class Hook(msgspec.Struct, kw_only=True):
    """A ``response_url``: what it may still do, and the message it came from."""

    id: str
    channel: str
    user: str
    expires_at: float
    message_ts: str | None = None
    is_ephemeral: bool = True
    uses: int = 0


class Fault(msgspec.Struct, kw_only=True):
    """A planned failure of a Web API method, for tests."""

    method: str
    kind: Literal["ratelimited", "error", "timeout_after_effect"]
    times: int = 1
    error: str = "internal_error"
    retry_after: int = 1
    seconds: float = 30.0


class Saved(msgspec.Struct, kw_only=True):
    """What outlives the process."""

    messages: list[Message] = []
    files: list[File] = []
    homes: list[View] = []
    read: dict[str, dict[str, str]] = {}


class Workspace:
    """The state of one workspace. Only the event loop touches it: nothing is locked. ``config.clock`` is the time."""

    def __init__(self, config: WorkspaceConfig) -> None:
        self.config = config
        self.conversations = Conversations(config)
        self.views = Views(team=config.team_id, app=config.app_id, bot=config.bot_id)
        self.files = Files(config)
        self.hooks: dict[str, Hook] = {}
        self.log: deque[Logged] = deque(maxlen=LOGGED)
        self.faults: list[Fault] = []
        self.offered: dict[str, dict[tuple[str, str], dict[str, Json]]] = {}
        self.base_url = config.public_url or "http://127.0.0.1"
        self._listeners: list[Callable[[Event], None]] = []
        self._logged = 0
        self.told = 0

    def now(self) -> float:
        """The time, as the configured clock has it."""
        return self.config.clock()

    def listen(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """Call ``listener`` on every event, until the returned function is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def tell(self, event: Event) -> None:
        """Let every open page know."""
        self.told += 1
        for listener in list(self._listeners):
            listener(event)

    def post(self, message: Message) -> Message:
        """Keep a message and show it."""
        posted = self.conversations.post(message)
        self.tell(Event(kind="message", channel=posted.channel, ts=posted.ts, user=posted.only_for))
        return posted

    def changed(self, message: Message) -> None:
        """Show a changed message."""
        self.tell(Event(kind="message", channel=message.channel, ts=message.ts, user=message.only_for))

    def delete(self, channel: str, ts: str) -> None:
        """Forget a message and take it off the pages."""
        self.conversations.delete(channel, ts)
        self.tell(Event(kind="gone", channel=channel, ts=ts))

    def delete_file(self, file_id: str) -> None:
        """Forget a file, and take it out of the messages that show it."""
        del self.files.by_id[file_id]
        for channel in self.conversations.messages.values():
            for message in [each for each in channel.values() if file_id in each.files]:
                message.files = [each for each in message.files if each != file_id]
                self.changed(message)

    def note(self, *, label: str, is_inbound: bool, request: str = "") -> Logged:
        """Add a line to the inspector."""
        self._logged += 1
        line = Logged(id=self._logged, label=label, is_inbound=is_inbound, at=self.now(), request=request)
        self.log.appendleft(line)
        self.tell(Event(kind="log", line=line.id))
        return line

    def noted(self, line: Logged, *, status: str, is_ok: bool, answer: str = "", ms: float | None = None) -> None:
        """Finish a line of the inspector, and show it."""
        line.status, line.is_ok, line.answer, line.ms = status, is_ok, answer, ms
        self.tell(Event(kind="log", line=line.id))

    def hook(self, *, channel: str, user: str, message_ts: str | None = None, is_ephemeral: bool = True) -> str:
        """A new ``response_url``."""
        hook = Hook(
            id=secrets.token_hex(12),
            channel=channel,
            user=user,
            expires_at=self.now() + HOOK_SECONDS,
            message_ts=message_ts,
            is_ephemeral=is_ephemeral,
        )
        self.hooks[hook.id] = hook
        return f"{self.base_url}/hooks/{hook.id}"

    def use_hook(self, hook_id: str) -> Hook:
        """Count one use of a ``response_url``.

        Raises:
            Refused: unknown, over thirty minutes old, or used five times.
        """
        hook = self.hooks.get(hook_id)
        if hook is None:
            raise Refused("no_such_url")
        if self.now() > hook.expires_at:
            raise Refused("expired_url")
        if hook.uses >= HOOK_USES:
            raise Refused("used_url")
        hook.uses += 1
        return hook

    def fault(self, method: str) -> Fault | None:
        """The failure planned for this call, if any; it is used up."""
        for fault in self.faults:
            if fault.method == method and fault.times > 0:
                fault.times -= 1
                return fault
        return None

    def message_payload(self, message: Message, *, with_metadata: bool = False) -> Json:
        """A message as the Web API and interaction payloads carry it."""
        is_bot = message.user == self.config.bot_user
        replies = self.conversations.reply_count(message)
        fields: Json = {
            "type": "message",
            "user": message.user,
            "ts": message.ts,
            "text": message.text,
            "team": self.config.team_id,
            **({"bot_id": self.config.bot_id, "app_id": self.config.app_id} if is_bot else {}),
            **({"blocks": message.blocks} if message.blocks else {}),
            **({"edited": message.edited} if message.edited else {}),
            **({"client_msg_id": message.client_msg_id} if message.client_msg_id else {}),
            **({"files": [self.file_payload(each) for each in message.files]} if message.files else {}),
            **({"metadata": message.metadata} if message.metadata and with_metadata else {}),
        }
        if replies or message.thread_ts:
            fields["thread_ts"] = message.thread_ts or message.ts
        if replies:
            fields["reply_count"] = replies
        return fields

    def file_payload(self, file_id: str) -> Json:
        """A file as Slack describes it."""
        return self.files.payload(self.files.get(file_id), base=self.base_url)

    def save(self, path: Path) -> None:
        """Write what outlives the process; the file is replaced in one step."""
        talk = self.conversations
        read: dict[str, dict[str, str]] = {}
        for (user, channel), ts in talk.read.items():
            read.setdefault(user, {})[channel] = ts
        saved = Saved(
            messages=[each for by_ts in talk.messages.values() for each in by_ts.values() if not each.only_for],
            files=list(self.files.by_id.values()),
            homes=list(self.views.homes.values()),
            read=read,
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(saved))
        fresh.replace(path)

    def load(self, path: Path) -> None:
        """Take up what an earlier process saved."""
        saved = msgspec.json.decode(path.read_bytes(), type=Saved)
        for message in saved.messages:
            self.conversations.messages.setdefault(message.channel, {})[message.ts] = message
        self.files.by_id = {file.id: file for file in saved.files}
        self.views.homes = {home.user: home for home in saved.homes}
        self.conversations.read = {
            (user, channel): ts for user, each in saved.read.items() for channel, ts in each.items()
        }
