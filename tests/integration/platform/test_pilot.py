"""``make pilot``: a real workspace's requests come over a socket, and what was done is there the next time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest

from infra.local.stack import ROOT
from tests.builders.people import AGENT
from tests.integration.platform.commands import left_on, processes_on
from tests.standin.slack import Fault, Slack, slack_server
from tests.standin.socket_mode import slack_socket

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from websockets.sync.server import ServerConnection

pytestmark = pytest.mark.stack

PEOPLE: Final = ROOT / "infra" / "local" / "people.yaml"
TOKENS: Final = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}
COMMAND: Final = {
    "type": "slash_commands",
    "envelope_id": "E1",
    "accepts_response_payload": True,
    "payload": {
        "command": "/sop",
        "text": "",
        "user_id": AGENT,
        "user_name": "maya",
        "team_id": "T0",
        "channel_id": "C0GENERAL",
        "channel_name": "general",
        "response_url": "https://hooks.example/1",
        "trigger_id": "1.2.3",
        "api_app_id": "A0",
    },
}


def pilot(*more: str, **environment: str) -> subprocess.Popen[str]:
    """Start ``make pilot`` as a person would, in a session of its own as a terminal gives it."""
    return subprocess.Popen(
        ["make", "pilot", *more],  # noqa: S607 - as a person types it
        cwd=ROOT,
        env={**os.environ, **TOKENS, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@contextmanager
def workspace() -> Iterator[tuple[Slack, list[dict[str, Any]], threading.Event]]:
    """Serve a Slack that asks for ``/sop`` as soon as somebody connects; keep what the app answers."""
    heard: list[dict[str, Any]] = []
    answered = threading.Event()

    def talk(connection: ServerConnection) -> None:
        connection.send(json.dumps({"type": "hello"}))
        connection.send(json.dumps(COMMAND))
        for message in connection:
            heard.append(json.loads(message))
            answered.set()

    with slack_server() as slack, slack_socket(talk) as slack.socket:
        yield slack, heard, answered


@pytest.mark.slow
def test_pilot(tmp_path: Path) -> None:
    """A command over the socket opens a modal; Ctrl-C leaves no process and keeps the settings."""
    folder = tmp_path / "pilot"
    with workspace() as (slack, heard, answered):
        first = pilot(f"SETTINGS={PEOPLE}", f"STATE={folder}", SLACK_API_URL=slack.url)
        is_answered = answered.wait(180)
        at_work = processes_on(folder)
        os.killpg(first.pid, signal.SIGINT)
        said, told = first.communicate(timeout=60)

    assert is_answered, told
    assert heard == [{"envelope_id": "E1"}]
    assert [view["title"]["text"] for view in slack.views.values()] == ["SOP Desk"]
    assert "SOP Desk answers in Call centre" in said
    assert "What a pilot cannot do" in said
    assert at_work
    assert left_on(folder) == []
    assert "Traceback" not in told

    with workspace() as (slack, _, answered):
        second = pilot(f"STATE={folder}", SLACK_API_URL=slack.url)
        is_answered = answered.wait(60)
        os.killpg(second.pid, signal.SIGINT)
        second.communicate(timeout=60)
    assert is_answered
    assert slack.views, "who may do what is still known"


def refusal(*more: str, **environment: str) -> str:
    running = pilot(*more, **environment)
    said, told = running.communicate(timeout=180)
    assert running.returncode
    assert said == ""
    return next(
        line for line in told.splitlines() if line.startswith("pilot: ") and not line.endswith("ing the local AWS")
    )


@pytest.mark.parametrize("name", TOKENS)
def test_no_token(name: str) -> None:
    """A token that is missing is named, with the place where Slack shows it."""
    assert refusal(**{name: ""}).startswith(f"pilot: Set {name} in the environment")


def test_refused_token() -> None:
    """A token that Slack refuses is said so before anything is built."""
    with slack_server() as slack:
        slack.faults.append(Fault(method="auth.test", error="invalid_auth"))
        assert refusal(SLACK_API_URL=slack.url) == "pilot: Slack refuses SLACK_BOT_TOKEN: invalid_auth."


def test_nobody_has_a_role(tmp_path: Path) -> None:
    """Without people the first start would answer nobody, so it says what is missing."""
    with slack_server() as slack:
        told = refusal(f"STATE={tmp_path / 'pilot'}", SLACK_API_URL=slack.url)
    assert told.startswith("pilot: Nobody has a role yet. Give SETTINGS=people.yaml")
