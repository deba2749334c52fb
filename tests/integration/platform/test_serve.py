"""``make serve``: one line when ready, the sheet active, nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING, Final

import httpx
import pytest

from infra.local.aws import LocalAws
from infra.local.processes import LOOPBACK, free_port, reserve
from infra.local.sample import write_sample
from infra.local.stack import MINISTACK, ROOT, Stack
from sop_aws.transfers import TransferStore
from tests.integration.platform.commands import left_on, processes_on

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.stack

PEOPLE: Final = ROOT / "infra" / "local" / "people.yaml"
SECRETS: Final = {"SLACK_SIGNING_SECRET": "secret", "SLACK_BOT_TOKEN": "xoxb-token"}


def serve(port: int, *more: str, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """Start ``make serve`` as a person would."""
    environment = {**os.environ, "SLACK_API_URL": f"http://{LOOPBACK}:9/api", **(SECRETS if env is None else env)}
    command = ["make", "serve", f"PORT={port}", *more]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.slow
def test_serve(tmp_path: Path) -> None:
    """It says when it is ready, answers, leaves no process after SIGTERM, and keeps what it was told to keep."""
    port, folder = free_port(), tmp_path / "state"
    sheet = write_sample(tmp_path / "sheet.xlsx", projects=60)
    running = serve(port, f"SETTINGS={PEOPLE}", f"SHEET={sheet}", f"STATE={folder}")
    assert running.stdout
    try:
        assert running.stdout.readline() == f"ready http://{LOOPBACK}:{port}/slack/events\n"
        answer = httpx.post(f"http://{LOOPBACK}:{port}/slack/events", content=b"{}", timeout=60)
        at_work = processes_on(folder)
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(60)
        left = left_on(folder)
        rest, told = running.communicate()

    assert rest == ""
    assert answer.status_code == 401
    assert at_work
    assert left == []
    assert "Traceback" not in told
    with LocalAws(folder, MINISTACK) as aws:
        stack = Stack(aws, is_new=False)
        active = TransferStore(aws.client("dynamodb"), stack.outputs.transfers_table).sheets.active()
    assert active
    assert active.counts.projects == 60


def test_port_in_use() -> None:
    """A port that another program has gets one sentence."""
    with reserve(0) as taken:
        port = taken.getsockname()[1]
        taken.listen()
        running = serve(port)
        said, told = running.communicate(timeout=60)

    assert running.returncode
    assert said == ""
    assert told.splitlines()[0] == f"serve: Port {port} is in use; choose another one with PORT=…."


def test_no_secret() -> None:
    """Without the signing secret it says which variable is missing."""
    running = serve(free_port(), env={"SLACK_SIGNING_SECRET": "", "SLACK_BOT_TOKEN": ""})
    _, told = running.communicate(timeout=60)

    assert running.returncode
    assert told.splitlines()[0].startswith("serve: Set SLACK_SIGNING_SECRET in the environment")
