"""A person at the workspace, without a browser: the requests that the page's script makes."""

from __future__ import annotations

import re
from typing import Any

import httpx

Json = dict[str, Any]


class Hands:
    """What one person can do on the page."""

    def __init__(self, url: str, user: str, channel: str = "C0RESOLUT") -> None:
        self.user = user
        self.channel = channel
        self.client = httpx.Client(base_url=url, timeout=60, trust_env=False)

    def say(self, text: str, *, thread: str | None = None, files: tuple[str, ...] = ()) -> None:
        """Type into the composer; ``files`` are attached."""
        self.try_to_say(text, thread=thread, files=files).raise_for_status()

    def try_to_say(self, text: str, *, thread: str | None = None, files: tuple[str, ...] = ()) -> httpx.Response:
        """Type into the composer, whatever comes of it."""
        body = {"user": self.user, "channel": self.channel, "text": text, "thread": thread, "files": files}
        return self.client.post("/ui/say", json=body)

    def page(self, channel: str | None = None) -> str:
        """The page as it is drawn."""
        params = {"user": self.user, "channel": channel or self.channel}
        return self.client.get("/", params=params).raise_for_status().text

    def stack(self) -> list[Json]:
        """The open modals, bottom first."""
        answer = self.post("/ui/close", view="none")
        modals: list[Json] = answer["stack"]["modals"]
        return modals

    def act(self, block: str, action: str, *, chosen: tuple[str, ...] = (), **where: Any) -> Json:
        """Press a button or change a field."""
        return self.post("/ui/act", block=block, action=action, chosen=list(chosen), **where)

    def post(self, path: str, **body: Any) -> Json:
        """Ask something of the workspace."""
        answer = self.client.post(path, json={"user": self.user, **body})
        answer.raise_for_status()
        found: Json = answer.json()
        return found

    def upload(self, name: str, content: bytes, *, into: str = "view") -> Json:
        """Choose a file in a ``file_input``, or attach it to a message (``into="message"``)."""
        said = {"user": self.user, "for": into}
        answer = self.client.post("/ui/upload", data=said, files={"file": (name, content)})
        found: Json = answer.json()
        return found

    def last_ts(self) -> str:
        """The latest message that the page shows."""
        return str(re.findall(r'id="m-([\d.]+)"', self.page())[-1])
