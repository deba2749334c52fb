"""A call centre at work: what its people share, and the Slack and the wire between them and the app."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import parse_qs

import httpx

from tests.standin.slack import Slack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from infra.local.stack import Stack
    from sop_core.transfers.project import Project

TRIGGER_SECONDS: Final = 3.0
"""How long Slack lets a trigger id open a modal. https://docs.slack.dev/interactivity/handling-user-interaction"""
CHANNEL: Final = "C0RESOLUT"
NO_ANSWER: Final = 0
PATIENCE: Final = 35
"""Seconds that the wire waits for an answer: longer than the function may run, to see how late it was."""
KINDS: Final = {
    "block_actions": "click",
    "block_suggestion": "typeahead",
    "view_submission": "submission",
    "event_callback": "Home opened",
}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How many people work for how long (seconds), and how long each thinks between two clicks, on average.

    The office stays open until ``claims`` were made, however slow the machine is, though not for ever.
    """

    agents: int = 50
    specialists: int = 6
    seconds: float = 120.0
    claims: int = 1
    think: float = 10.0
    projects: int = 5000
    burst: int = 12
    """How many first commands at once meet an app of which no worker is there; these workers then serve the day.

    The local AWS unpacks 34 MB in Python for each of them, all under one lock, so fifty would take minutes here.
    """


class Ack(NamedTuple):
    """One request: what it was, when it was sent (monotonic seconds), how long its answer took, and its status."""

    kind: str
    at: float
    seconds: float
    status: int


@dataclass
class StrictSlack(Slack):
    """A Slack that refuses a trigger once it is three seconds old, and knows when each message came."""

    came: dict[str, float] = field(default_factory=dict)
    """By the delivery that posted it, in monotonic seconds."""

    def _views_open(self, arguments: dict[str, Any]) -> dict[str, Any]:
        clicked = int(arguments["trigger_id"].partition(".")[0]) / 1e9
        if time.time() - clicked > TRIGGER_SECONDS:
            return {"ok": False, "error": "expired_trigger_id"}
        return super()._views_open(arguments)

    _views_push = _views_open

    def _chat_postMessage(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 - Slack's name
        answer = super()._chat_postMessage(arguments)
        self.came[delivery_of(self.messages[-1])] = time.monotonic()
        return answer


def delivery_of(message: Mapping[str, Any]) -> str:
    """Return the id of the delivery that posted a message."""
    return str(message.get("metadata", {}).get("event_payload", {}).get("delivery", ""))


@dataclass
class Office:
    """What the people share. ``confirmed``: the case numbers that agents were told, with the moment they were."""

    stack: Stack
    slack: StrictSlack
    plan: Plan
    projects: Sequence[Project]
    acks: list[Ack] = field(default_factory=list)
    confirmed: list[tuple[str, float]] = field(default_factory=list)
    done: list[tuple[str, str, str]] = field(default_factory=list)
    """What specialists did and were not refused: the case, the action, who."""
    calls: int = 0
    trouble: list[str] = field(default_factory=list)
    closed: threading.Event = field(default_factory=threading.Event)
    taken: set[str] = field(default_factory=set)
    """Cards that a specialist has an eye on: people talk to each other, mostly."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Open the wire."""
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=self.plan.agents)
        self._http = httpx.Client(timeout=PATIENCE, limits=limits, headers={"host": self.stack.api_host})

    def send(self, body: str, headers: Mapping[str, str]) -> tuple[int, str]:
        """Send a signed request to the deployed app, and note how long its answer took."""
        began, status = time.monotonic(), NO_ANSWER
        try:
            answer = self._http.post(self.stack.api_url, content=body.encode(), headers=dict(headers))
            status = answer.status_code
        finally:
            self.acks.append(Ack(kind_of(body), began, time.monotonic() - began, status))
        return status, answer.text

    def shut(self) -> None:
        """Close the wire."""
        self._http.close()


def kind_of(body: str) -> str:
    """Return what kind of request a body is, in the words of the report."""
    if body.startswith("{"):
        return KINDS["event_callback"]
    form = parse_qs(body)
    if "command" in form:
        return "command"
    return KINDS[json.loads(form["payload"][0])["type"]]
