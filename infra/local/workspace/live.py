"""Server-sent events: what changed, drawn for the person who looks."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from infra.local.workspace.inspector import row
from infra.local.workspace.page import HOME, Page

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from infra.local.workspace.errors import Json
    from infra.local.workspace.state import Event, Workspace

KEEP_ALIVE_SECONDS = 15.0


class Streams:
    """The open streams; ``stop`` ends them all, so that an orderly shutdown need not wait for browsers."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._queues: set[asyncio.Queue[Event | None]] = set()
        self._is_stopped = False

    def stop(self) -> None:
        """End every stream."""
        self._is_stopped = True
        for queue in self._queues:
            queue.put_nowait(None)

    async def follow(self, page: Page, *, told: str) -> AsyncIterator[str]:
        """The events of one page; ``told`` is how far the page had come when it was drawn."""
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        unlisten = self._workspace.listen(queue.put_nowait)
        self._queues.add(queue)
        try:
            yield _line("views", page.stack())
            if told != str(self._workspace.told):
                yield _line("redraw", _everything(page))
            while not self._is_stopped:
                if text := await self._next(queue, page):
                    yield text
        finally:
            unlisten()
            self._queues.discard(queue)

    async def _next(self, queue: asyncio.Queue[Event | None], page: Page) -> str:
        try:
            event = await asyncio.wait_for(queue.get(), KEEP_ALIVE_SECONDS)
        except TimeoutError:
            return ": still here\n\n"
        if event is None or event.user not in {None, page.seat.user}:
            return ""
        return "".join(_line(kind, data) for kind, data in _changes(page, event))


def _line(kind: str, data: Json) -> str:
    return f"event: {kind}\ndata: {json.dumps(data)}\n\n"


def _everything(page: Page) -> Json:
    fresh: Json = {"sidebar": str(page.sidebar())}
    if page.seat.channel == HOME:
        return fresh | {"home": str(page.home())}
    fresh["messages"] = str(page.messages())
    return fresh | ({"thread-messages": str(page.thread_messages())} if page.seat.thread else {})


def _changes(page: Page, event: Event) -> list[tuple[str, Json]]:
    match event.kind:
        case "message":
            return _message(page, event)
        case "gone":
            return [("gone", {"ts": event.ts})] if event.channel == page.seat.channel else []
        case "views":
            return [("views", page.stack())]
        case "home":
            return [("redraw", {"home": str(page.home())})] if page.seat.channel == HOME else []
        case "log":
            lines = [line for line in page.workspace.log if line.id == event.line]
            return [("log", {"id": f"log-{line.id}", "html": str(row(line))}) for line in lines]


def _message(page: Page, event: Event) -> list[tuple[str, Json]]:
    talk = page.workspace.conversations
    seat = page.seat
    if event.channel != seat.channel:
        return [("redraw", {"sidebar": str(page.sidebar())})]
    talk.mark_read(seat.user, seat.channel)
    message = talk.messages.get(seat.channel, {}).get(event.ts or "")
    if message is None:
        return []
    root_ts = message.thread_ts or message.ts
    changes: list[tuple[str, Json]] = []
    shown = talk.messages[seat.channel].get(root_ts) if message.is_reply else message
    if shown is not None:
        day = page.reader.day(float(shown.ts))
        changes.append(("message", {"list": "messages", "ts": shown.ts, "day": day, "html": str(page.message(shown))}))
    if seat.thread == root_ts:
        html = str(page.message(message, in_thread=True))
        changes.append(("message", {"list": "thread-messages", "ts": message.ts, "html": html}))
    return changes
