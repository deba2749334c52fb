"""The built functions, started as Lambda starts them: what each is given, and what came of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from slack_sdk.signature import SignatureVerifier

from tests.builders.template import ROOT, read
from tests.standin.aws import BOT_TOKEN, SIGNING_SECRET

if TYPE_CHECKING:
    from collections.abc import Mapping

HOST: Final = Path(__file__).with_name("host.py")
RUNTIME: Final = ROOT / ".tools" / "lambda"
WHOLE_PROCESSOR: Final = 1769
"""Megabytes with which Lambda gives a whole processor; with less memory comes as much less of it."""
UNSHARE: Final = ("unshare", "-mn")
SECRET: Final = {"signing_secret": SIGNING_SECRET, "bot_token": BOT_TOKEN}
ANSWERS: Final = {
    "secretsmanager.GetSecretValue": {"Name": "slack", "SecretString": json.dumps(SECRET)},
    "DynamoDB_20120810.Query": {"Items": [], "Count": 0, "ScannedCount": 0},
    "AmazonSQS.SendMessage": {"MessageId": "-", "MD5OfMessageBody": "-"},
    "/slack/files.info": {"ok": False, "error": "file_not_found"},
    "/slack/chat.postMessage": {"ok": True, "channel": "D1", "ts": "1.0"},
    "/slack/chat.update": {"ok": True, "channel": "D1", "ts": "1.0"},
    "/slack/conversations.history": {"ok": True, "messages": []},
    "/slack/conversations.open": {"ok": True, "channel": {"id": "D1"}},
}


class Report(msgspec.Struct, frozen=True):
    """What became of a function: see ``host.py``."""

    memory: int

    started_ms: float | None
    started_cpu_ms: float | None
    calls: list[str]
    results: list[dict[str, Any]]
    peak_mb: float | None
    log: str

    @property
    def start_on_lambda_ms(self) -> float:
        """How long the start would take on the share of a processor that comes with the memory."""
        return (self.started_cpu_ms or 0) * max(1.0, WHOLE_PROCESSOR / self.memory)

    @property
    def answers(self) -> list[Any]:
        """What the function answered to each event."""
        assert all("answer" in each for each in self.results), self
        return [each["answer"] for each in self.results]


@cache
def no_sandbox() -> str:
    """Return why functions cannot have Lambda's own folders here, or nothing if they can."""
    if not shutil.which(UNSHARE[0]):
        return "there is no unshare"
    python = Path(sys.executable)
    if {python.parts[1], python.resolve().parts[1]} & {"opt", "var", "tmp"}:
        return "Python itself is where Lambda has code and layers"
    asked = subprocess.run([*UNSHARE, sys.executable, "-c", ""], capture_output=True, check=False)
    return "" if asked.returncode == 0 else "this user may not unshare"


def start(
    build: Path, layers: Path, function: str, *events: object, snap_start: bool = False, watch: bool = False
) -> Report:
    """Run a built function on its merged layers: its start, then each event."""
    template = read(build / "template.yaml")
    made, shared = template["Resources"][function]["Properties"], template["Globals"]["Function"]["Environment"]
    (runtime,) = (RUNTIME / "lib").glob("python*/site-packages")
    job = {
        "task": str(build / made["CodeUri"]),
        "layers": str(layers),
        "runtime": str(runtime),
        "handler": made["Handler"],
        "timeout": made["Timeout"],
        "environment": {
            **{name: str(value) for name, value in {**shared["Variables"], **made["Environment"]["Variables"]}.items()},
            "LOG_LEVEL": "INFO",
            "SLACK_API_URL": "http://{address}/slack/",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "-",
            "AWS_SECRET_ACCESS_KEY": "-",
            "AWS_LAMBDA_FUNCTION_NAME": function,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(made["MemorySize"]),
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
        },
        "events": events,
        "answers": ANSWERS,
        "sandbox": not no_sandbox(),
        "snap_start": snap_start,
        "watch": watch,
    }
    command = [*(UNSHARE if job["sandbox"] else ()), sys.executable, "-I", "-S", str(HOST)]
    done = subprocess.run(
        command,
        input=json.dumps(job),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env={"PATH": os.defpath},
    )
    return msgspec.convert({**json.loads(done.stdout), "memory": made["MemorySize"]}, Report)


def merged_layers(build: Path, folder: Path) -> Path:
    """Return a folder with what Lambda would have at /opt: the template's layers, one over the other."""
    template = read(build / "template.yaml")
    for layer in template["Globals"]["Function"]["Layers"]:
        made = build / template["Resources"][layer]["Properties"]["ContentUri"]
        shutil.copytree(made, folder, copy_function=os.link, dirs_exist_ok=True)
    return folder


def signed(body: str, *, kind: str = "application/json") -> dict[str, Any]:
    """Return a request of Slack as the HTTP API hands it on."""
    timestamp = str(int(time.time()))
    signature = SignatureVerifier(SIGNING_SECRET).generate_signature(timestamp=timestamp, body=body)
    return {
        "version": "2.0",
        "routeKey": "POST /slack/events",
        "rawPath": "/slack/events",
        "rawQueryString": "",
        "headers": {
            "content-type": kind,
            "x-slack-request-timestamp": timestamp,
            "x-slack-signature": str(signature),
        },
        "requestContext": {"http": {"method": "POST", "path": "/slack/events"}},
        "body": body,
        "isBase64Encoded": False,
    }


def message(body: Mapping[str, object]) -> dict[str, Any]:
    """Return an event with one message of a queue."""
    record = {"messageId": "1", "receiptHandle": "-", "body": json.dumps(body), "attributes": {"MessageGroupId": "C1"}}
    return {"Records": [record]}
