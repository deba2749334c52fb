"""Requests to the app: signed, timed, given up after three seconds, and written into the inspector."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode

import httpx
import msgspec

from infra.local.workspace.signing import signed_headers

if TYPE_CHECKING:
    from infra.local.workspace.errors import Json
    from infra.local.workspace.state import Workspace

Outcome = Literal["answered", "timeout", "unreachable"]
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the app said to a request, if anything."""

    outcome: Outcome
    status: int = 0
    body: str = ""
    headers: dict[str, str] = {}

    @property
    def is_ack(self) -> bool:
        """Whether the app took the request."""
        return self.outcome == "answered" and 200 <= self.status < 300  # noqa: PLR2004  the HTTP class of success

    @property
    def error(self) -> str:
        """Slack's name for what went wrong."""
        return "operation_timeout" if self.outcome == "timeout" else "dispatch_failed"

    def json(self) -> Json | None:
        """The body as an object, when it is one."""
        try:
            value = json.loads(self.body) if self.body else None
        except ValueError:
            return None
        return value if isinstance(value, dict) else None


class Transport:
    """Sends to the app's one address."""

    def __init__(self, workspace: Workspace, client: httpx.AsyncClient) -> None:
        self._workspace = workspace
        self._client = client

    async def form(self, label: str, fields: dict[str, str]) -> Answer:
        """Send form fields, as for a slash command."""
        return await self._send(label, urlencode(fields).encode(), content_type=FORM, shown=fields)

    async def payload(self, label: str, payload: Json) -> Answer:
        """Send an interaction: JSON in a form field."""
        body = urlencode({"payload": json.dumps(payload)}).encode()
        return await self._send(label, body, content_type=FORM, shown=payload)

    async def event(self, label: str, envelope: Json, *, retry: dict[str, str]) -> Answer:
        """Send an event: a JSON body."""
        return await self._send(label, json.dumps(envelope).encode(), content_type=JSON, shown=envelope, extra=retry)

    async def _send(
        self, label: str, body: bytes, *, content_type: str, shown: Json, extra: dict[str, str] | None = None
    ) -> Answer:
        config = self._workspace.config
        headers = {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            **signed_headers(secret=config.signing_secret, now=self._workspace.now(), body=body),
            **({"Host": config.app_host_header} if config.app_host_header else {}),
            **(extra or {}),
        }
        line = self._workspace.note(label=label, is_inbound=False, request=pretty(shown))
        started = time.perf_counter()
        answer = await self._ask(body, headers)
        status = str(answer.status) if answer.outcome == "answered" else answer.outcome
        ms = (time.perf_counter() - started) * 1000
        self._workspace.noted(line, status=status, is_ok=answer.is_ack, answer=pretty_text(answer.body), ms=ms)
        return answer

    async def _ask(self, body: bytes, headers: dict[str, str]) -> Answer:
        seconds = self._workspace.config.ack_seconds
        try:
            async with asyncio.timeout(seconds):
                response = await self._client.post(self._workspace.config.app_url, content=body, headers=headers)
        except (TimeoutError, httpx.TimeoutException):
            return Answer(outcome="timeout")
        except httpx.HTTPError:
            return Answer(outcome="unreachable")
        return Answer(
            outcome="answered", status=response.status_code, body=response.text, headers=dict(response.headers)
        )


def pretty(value: Json) -> str:
    """JSON to read."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def pretty_text(body: str) -> str:
    """A body to read: JSON set out in lines, anything else as it is."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body
