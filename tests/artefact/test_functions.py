"""The built functions start and answer from their own layers, as Lambda's runtime calls them, and from nothing else."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.artefact.functions import merged_layers, message, no_sandbox, signed, start
from tests.builders.template import FUNCTIONS

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.stack

CHALLENGE: Final = json.dumps({"type": "url_verification", "challenge": "é & =", "token": "-"})
COMMAND: Final = "command=%2Fsop&text=&user_id=U1&team_id=T1&channel_id=C1&trigger_id=1.2.a"
JOB: Final = {"id": "P1", "user": "U1", "file": "F1", "sources": None, "at": "2026-11-22T05:00:00Z"}


def slack_events() -> list[Any]:
    return [signed(CHALLENGE), signed(COMMAND, kind="application/x-www-form-urlencoded")]


EVENTS: Final[dict[str, Any]] = {
    "SlackFunction": slack_events,
    "DeliverFunction": lambda: [message({"case": "SOP-1"})],
    "ImportSheetFunction": lambda: [message({"import": "I1"})],
    "PublishFunction": lambda: [message(JOB)],
    "SweepFunction": lambda: [{}],
}


def test_every_function_is_here() -> None:
    """No function of the template is left out."""
    assert set(EVENTS) == set(FUNCTIONS)


@pytest.mark.parametrize("function", EVENTS)
def test_starts_and_answers(build: Path, layers: Path, function: str, measured: list[str]) -> None:
    """A function starts from the artefact alone, asks nobody anything while it does, and answers an event."""
    report = start(build, layers, function, *EVENTS[function]())

    assert report.calls[0] == "started", report
    assert len(report.calls) > 1, "it did something"
    assert len(report.answers) == len(EVENTS[function]())
    if function not in {"SlackFunction", "SweepFunction"}:
        assert report.answers == [{"batchItemFailures": []}], report.log
    measured.append(
        f"{function:20} start {report.started_ms:5.0f} ms, {report.started_cpu_ms or 0:4.0f} of processor, "
        f"so {report.start_on_lambda_ms:5.0f} at its memory   first call {report.results[0]['ms']:5.0f} ms   "
        f"memory {report.peak_mb or 0:3.0f} of {report.memory} MB"
    )


def test_slack_is_answered(build: Path, layers: Path) -> None:
    """A signed check of the address and a signed command get their answers."""
    checked, commanded = start(build, layers, "SlackFunction", *slack_events()).answers

    assert json.loads(checked["body"]) == {"challenge": "é & ="}
    assert "which you do not have" in json.loads(commanded["body"])["text"]


@pytest.mark.parametrize(
    ("function", "missing"),
    [("SlackFunction", "slack_bolt"), ("DeliverFunction", "sop_slack/cards.py"), ("SweepFunction", "botocore")],
)
def test_what_no_layer_brings_is_missed(build: Path, tmp_path: Path, function: str, missing: str) -> None:
    """Neither this environment's packages nor the source tree stand in for what the layers lack."""
    layers = merged_layers(build, tmp_path / "opt")
    gone = layers / "python" / missing
    (shutil.rmtree if gone.is_dir() else type(gone).unlink)(gone)
    for compiled in gone.parent.glob(f"__pycache__/{gone.stem}.*"):
        compiled.unlink()

    report = start(build, layers, function, *EVENTS[function]())

    (result,) = report.results
    assert result["error"]["errorType"] == "Runtime.ImportModuleError"
    assert missing.removesuffix(".py").replace("/", ".") in result["error"]["errorMessage"]


def test_snapshot(build: Path, layers: Path) -> None:
    """A function that is restored from a snapshot reads its secret then, not before, and answers as any other."""
    report = start(build, layers, "SlackFunction", *slack_events(), snap_start=True)

    assert report.calls[:2] == ["started", "secretsmanager.GetSecretValue"]
    assert json.loads(report.answers[0]["body"]) == {"challenge": "é & ="}


@pytest.mark.parametrize("function", EVENTS)
def test_nothing_unique_is_in_a_snapshot(build: Path, layers: Path, function: str) -> None:
    """No id or key is drawn while a function starts, so that two that start from one snapshot share none."""
    report = start(build, layers, function, watch=True)

    assert report.calls == ["started"]
    assert "DRAWN" not in report.log


@pytest.mark.skipif(bool(no_sandbox()), reason="functions cannot have Lambda's own folders here")
def test_code_is_read_only(build: Path, layers: Path, tmp_path: Path) -> None:
    """A function that wrote into its own code or layers would fail here as it would in Lambda."""
    probe = tmp_path / "build" / "SweepFunction" / "functions" / "sweep" / "app.py"
    shutil.copytree(build, tmp_path / "build", ignore=shutil.ignore_patterns("*Layer", "__pycache__"))
    probe.write_text(
        "import pathlib\n"
        "def handler(event, context):\n"
        "    for folder in ('/var/task', '/opt'):\n"
        "        try:\n"
        "            pathlib.Path(folder, 'mark').touch()\n"
        "            return folder\n"
        "        except OSError:\n"
        "            pass\n"
        "    pathlib.Path('/tmp/mark').touch()\n"
    )
    assert start(tmp_path / "build", layers, "SweepFunction", {}).answers == [None]
