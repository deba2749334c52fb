"""The workspace as a process: it says when it listens, and ends in order with pages open."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from infra.local.workspace import WorkspaceConfig, serve
from tests.integration.workspace.demo_app import TOKEN

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_order_and_saves_the_state(tmp_path: Path, sent: signal.Signals) -> None:
    state = tmp_path / "workspace.json"
    command = [sys.executable, "-m", "infra.local.workspace", "--app-url", "http://127.0.0.1:9/", "--port", "0"]
    command += ["--bot-token", TOKEN, "--state-file", str(state)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().removeprefix("ready ").strip()
        headers = {"Authorization": f"Bearer {TOKEN}"}
        said = httpx.post(
            f"{url}/api/chat.postMessage", data={"channel": "general", "text": "kept"}, headers=headers, timeout=60
        )
        assert said.json()["ok"]
        with httpx.stream("GET", f"{url}/events", params={"user": "U0AGENT01"}, timeout=60) as stream:
            assert next(stream.iter_lines()) == "event: views"
            process.send_signal(sent)
            _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert "kept" in state.read_text(encoding="utf-8")


def test_it_serves_this_machine_only() -> None:
    with pytest.raises(ValueError, match="loopback only"):
        serve(WorkspaceConfig(app_url="http://127.0.0.1:9/"), host="0.0.0.0")  # noqa: S104  what must be refused
