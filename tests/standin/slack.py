"""Slack's Web API on loopback, as far as deliveries go: it keeps messages, records calls, and fails on request."""

from __future__ import annotations

import json
import threading
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from tests.standin.loopback import Answering, served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CLOCK: Final = 1_800_000_000
"""Slack's time when it starts, in epoch seconds; every message is a second later than the one before."""
LISTS_AND_MAPS: Final = frozenset({"blocks", "files", "metadata", "view"})
"""Arguments that a form has as JSON."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What the next call of ``method`` meets: a status, an error code, silence or a closed connection.

    With ``done``, Slack did what was asked all the same. With ``page``, the answer is a broken gateway's web page.
    The method ``upload`` is the sending of a file's bytes, ``download`` their fetching.
    """

    method: str
    status: int = 200
    error: str = ""
    retry_after: int | None = None
    silent: bool = False
    hangs_up: bool = False
    done: bool = False
    page: bool = False


@dataclass
class Slack:
    """What it has been told; ``messages`` are as a channel's history has them."""

    url: str = ""
    socket: str = ""
    page: int = 200
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    views: dict[str, dict[str, Any]] = field(default_factory=dict)
    homes: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    used_triggers: set[str] = field(default_factory=set)
    opened: dict[str, str] = field(default_factory=dict)
    """The view that was opened with each trigger, so that of many people each has their own."""
    responses: list[dict[str, Any]] = field(default_factory=list)
    stored: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    shared: list[dict[str, Any]] = field(default_factory=list)
    faults: deque[Fault] = field(default_factory=deque)
    lock: threading.Condition = field(default_factory=threading.Condition)
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def handler(self) -> type[Handler]:
        """What serves it."""
        return Handler

    def called(self, method: str) -> list[dict[str, Any]]:
        """Return the arguments of every call of a method."""
        return [arguments for name, arguments in self.calls if name == method]

    def shown(self, channel: str) -> list[dict[str, Any]]:
        """Return what stands in a channel, the oldest message first, each with its blocks."""
        with self.lock:
            return [{"blocks": [], **message} for message in self.messages if message["channel"] == channel]

    def cards(self, channel: str) -> list[dict[str, Any]]:
        """Return what stands in a channel, but for the threads."""
        return [message for message in self.shown(channel) if "thread_ts" not in message]

    def wait_until(self, happened: Callable[[], bool], *, seconds: float) -> None:
        """Return when it has happened, looking after each call; fail if it does not."""
        with self.lock:
            assert self.lock.wait_for(happened, timeout=seconds), f"Slack was only told {self.calls}"

    def answer(self, method: str, arguments: dict[str, Any]) -> tuple[Fault | None, dict[str, Any]]:
        """Do what a call asks for, unless a fault is due."""
        with self.lock:
            self.calls.append((method, arguments))
            self.lock.notify_all()
            fault = self.due(method)
            if fault is None:
                return None, self._do(method, arguments)
            if fault.done:
                self._do(method, arguments)
            return fault, {"ok": False, "error": fault.error or "internal_error"}

    def due(self, method: str) -> Fault | None:
        """Take the fault that the next call of a method meets, if there is one."""
        fault = next((fault for fault in self.faults if fault.method == method), None)
        if fault is not None:
            self.faults.remove(fault)
        return fault

    def _do(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(self, "_" + method.replace(".", "_"))(arguments)
        return answer

    def _chat_postMessage(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 - Slack's name
        ts = f"{CLOCK + len(self.calls)}.000100"
        self.messages.append({**arguments, "ts": ts})
        return {"ok": True, "channel": arguments["channel"], "ts": ts}

    def _chat_update(self, arguments: dict[str, Any]) -> dict[str, Any]:
        for place, message in enumerate(self.messages):
            if (message["channel"], message["ts"]) == (arguments["channel"], arguments["ts"]):
                self.messages[place] = {**message, **arguments}
                return {"ok": True, "ts": message["ts"]}
        return {"ok": False, "error": "message_not_found"}

    def _conversations_history(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return self._page_of([*(m for m in self.messages if "thread_ts" not in m), *self._shares()], arguments)

    def _shares(self) -> list[dict[str, Any]]:
        """Return the files that were shared, as the messages that a channel's history has them in."""
        return [
            {"channel": share["channel_id"], "ts": share["ts"], "files": share["files"]}
            for share in self.shared
            if "channel_id" in share
        ]

    def _conversations_replies(self, arguments: dict[str, Any]) -> dict[str, Any]:
        thread = [m for m in self.messages if arguments["ts"] in (m["ts"], m.get("thread_ts"))]
        return self._page_of(thread, arguments)

    def _conversations_open(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return {"ok": True, "channel": {"id": f"D{arguments['users']}"}}

    def _chat_postEphemeral(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 - Slack's name
        return {"ok": True, "message_ts": f"{CLOCK + len(self.calls)}.000200", "channel": arguments["channel"]}

    def _views_open(self, arguments: dict[str, Any]) -> dict[str, Any]:
        if arguments["trigger_id"] in self.used_triggers:
            return {"ok": False, "error": "exchanged_trigger_id"}
        self.used_triggers.add(arguments["trigger_id"])
        self.opened[arguments["trigger_id"]] = f"V{len(self.views) + 1}"
        return self._show(self.opened[arguments["trigger_id"]], arguments)

    _views_push = _views_open

    def _views_update(self, arguments: dict[str, Any]) -> dict[str, Any]:
        shown = self.views.get(arguments["view_id"])
        if shown is None:
            return {"ok": False, "error": "not_found"}
        if arguments.get("hash", shown["hash"]) != shown["hash"]:
            return {"ok": False, "error": "hash_conflict"}
        return self._show(arguments["view_id"], arguments)

    def _views_publish(self, arguments: dict[str, Any]) -> dict[str, Any]:
        self.homes[arguments["user_id"]] = arguments["view"]
        return {"ok": True}

    def _show(self, view_id: str, arguments: dict[str, Any]) -> dict[str, Any]:
        shown = {**arguments["view"], "id": view_id, "hash": f"{len(self.calls)}.{view_id}"}
        self.views[view_id] = shown
        return {"ok": True, "view": shown}

    def _files_info(self, arguments: dict[str, Any]) -> dict[str, Any]:
        file = self.stored.get(arguments["file"])
        if file is None:
            return {"ok": False, "error": "file_not_found"}
        address = f"{self.url.removesuffix('/api/')}/files-pri/{arguments['file']}"
        return {"ok": True, "file": {"name": file[0], "mimetype": "image/jpeg", "url_private_download": address}}

    def _files_getUploadURLExternal(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 - Slack's name
        file = f"F{len(self.stored) + 1}"
        self.stored[file] = (arguments["filename"], b"")
        return {"ok": True, "file_id": file, "upload_url": f"{self.url.removesuffix('/api/')}/upload/{file}"}

    def _files_completeUploadExternal(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 - Slack's name
        self.shared.append({**arguments, "ts": f"{CLOCK + len(self.calls)}.000300"})
        return {"ok": True, "files": arguments["files"]}

    def _usergroups_users_list(self, arguments: dict[str, Any]) -> dict[str, Any]:
        members = self.groups.get(arguments["usergroup"])
        return {"ok": False, "error": "no_such_subteam"} if members is None else {"ok": True, "users": members}

    def _usergroups_list(self, _arguments: dict[str, Any]) -> dict[str, Any]:
        found = [{"id": each, "name": f"Team {each}", "handle": each.lower()} for each in self.groups]
        return {"ok": True, "usergroups": found}

    def _users_info(self, arguments: dict[str, Any]) -> dict[str, Any]:
        name = self.names.get(arguments["user"])
        if name is None:
            return {"ok": False, "error": "user_not_found"}
        return {"ok": True, "user": {"id": arguments["user"], "name": "handle", "profile": {"display_name": name}}}

    def _auth_test(self, _arguments: dict[str, Any]) -> dict[str, Any]:
        return {"ok": True, "team": "Call centre", "team_id": "T0", "user_id": "U0BOT"}

    def _apps_connections_open(self, _arguments: dict[str, Any]) -> dict[str, Any]:
        return {"ok": True, "url": self.socket}

    def _page_of(self, messages: list[dict[str, Any]], arguments: dict[str, Any]) -> dict[str, Any]:
        here = [m for m in messages if m["channel"] == arguments["channel"] and m["ts"] >= arguments.get("oldest", "")]
        newest_first = sorted(here, key=lambda message: message["ts"], reverse=True)
        start = int(arguments.get("cursor") or 0)
        rest = str(start + self.page) if len(here) > start + self.page else ""
        shown = newest_first[start : start + self.page]
        if arguments.get("include_all_metadata") not in (True, "true", "1"):
            shown = [{name: value for name, value in message.items() if name != "metadata"} for message in shown]
        return {"ok": True, "messages": shown, "response_metadata": {"next_cursor": rest}}


@contextmanager
def slack_server(slack: Slack | None = None) -> Iterator[Slack]:
    """Serve a Slack, a plain one if none is given, until the block ends."""
    slack = Slack() if slack is None else slack
    with served(type("Handler", (slack.handler,), {"slack": slack})) as address:
        slack.url = f"{address}/api/"
        try:
            yield slack
        finally:
            slack.stopped.set()


def _of_form(body: str) -> dict[str, Any]:
    return {name: json.loads(value) if name in LISTS_AND_MAPS else value for name, value in parse_qsl(body)}


class Handler(Answering):
    """Answers for a Slack."""

    slack: Any

    def get(self) -> None:
        """Hand a file over."""
        if self._is_refused("download"):
            return
        _, content = self.slack.stored[self.path.rpartition("/")[2]]
        is_ours = self.headers["Authorization"] is not None
        self.answer(200, content, {"Content-Type": "image/jpeg" if is_ours else "text/html"})

    def post(self) -> None:
        """Take an upload or a call."""
        raw = self.body()
        if self.path.startswith("/upload/"):
            file = self.path.rpartition("/")[2]
            if self._is_refused("upload"):
                return
            self.slack.stored[file] = (self.slack.stored[file][0], raw)
            self._send(200, {"ok": True}, None)
            return
        body = raw.decode()
        if self.path.startswith("/hooks/"):
            self.slack.responses.append(json.loads(body))
            self._send(200, {"ok": True}, None)
            return
        arguments = json.loads(body) if body.startswith("{") else _of_form(body)
        self.slack.tokens.add(self.headers["Authorization"].removeprefix("Bearer "))
        fault, answer = self.slack.answer(self.path.removeprefix("/api/"), arguments)
        if fault is not None and (fault.silent or fault.hangs_up):
            self.slack.stopped.wait(timeout=10 if fault.silent else 0)
            return
        self._answer(fault or Fault(method=""), answer)

    def _answer(self, fault: Fault, answer: dict[str, Any]) -> None:
        if fault.page:
            self.answer(fault.status, b"<!DOCTYPE html><title>Bad gateway</title>", {"Content-Type": "text/html"})
        else:
            self._send(fault.status, answer, fault.retry_after)

    def _is_refused(self, step: str) -> bool:
        with self.slack.lock:
            fault = self.slack.due(step)
        if fault is not None and fault.silent:
            self.slack.stopped.wait(timeout=10)
        elif fault is not None:
            self._send(fault.status, {}, fault.retry_after)
        return fault is not None

    def _send(self, status: int, answer: dict[str, Any], retry_after: int | None) -> None:
        later = {} if retry_after is None else {"Retry-After": str(retry_after)}
        self.answer(status, json.dumps(answer).encode(), {"Content-Type": "application/json", **later})
