"""A cold start of the slack function as it is built, beside a bare Bolt hello-world with one DynamoDB client.

Both run on Lambda's Python where this machine has it, from the same built layer with its compiled files, each start in
a fresh process, in turns. Processor time decides: a start waits for nothing, and by the clock all else counts.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.bench.measure import Measure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT: Final = Path(__file__).parents[2]
STARTS: Final = 15
BAR: Final = 1.25
HELLO: Final = """
import boto3
from slack_bolt import App
from slack_bolt.adapter.aws_lambda import SlackRequestHandler

table = boto3.client("dynamodb")
app = App(token="xoxb-hello", signing_secret="hello", process_before_response=True, token_verification_enabled=False)


@app.command("/hello")
def hello(ack):
    ack("Hello")


requests = SlackRequestHandler(app)
"""
OURS: Final = """
from functions.slack import app
from sop_aws import clients
from sop_aws.secrets import SlackSecrets

clients.secrets()
app.create_app(app._config(), SlackSecrets("secret", "xoxb-ours"))
"""
"""All that stands between nothing and the first request: the secret itself is read over the network."""
LAYERS: Final = ("DependenciesLayer/python", "SharedLayer/python")
FUNCTION: Final = {
    "ENVIRONMENT": "bench",
    **dict.fromkeys(("CASES_TABLE", "TRANSFERS_TABLE", "SETTINGS_TABLE", "FILES_BUCKET", "SLACK_SECRET_ID"), "bench"),
    **dict.fromkeys(("DELIVER_QUEUE_URL", "IMPORT_QUEUE_URL", "PUBLISH_QUEUE_URL"), "https://sqs.invalid/bench"),
    "POWERTOOLS_SERVICE_NAME": "slack",
    "POWERTOOLS_METRICS_NAMESPACE": "SopDesk",
}
UNNEEDED: Final = ("boto3", "openpyxl", "numpy", "rapidfuzz", "yaml", "holidays", "python_calamine", "tzdata")
"""What some other path needs, and a command does not."""
SIZES: Final = (256, 512, 1024, 1769)
WHOLE_PROCESSOR: Final = 1769
SLACK_WAITS: Final = 3000


class Start(NamedTuple):
    """What a start took: processor time and time by the clock in ms, and the most memory in MB."""

    processor: float
    clock: float
    memory: float


def measures() -> Iterator[Measure]:
    """Yield the ratio, what is loaded without need, and what a start would take with less memory."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        python, layers = _built(folder)
        programs = {"bare": "pass", "hello": "import hello", "ours": OURS}
        paths = [str(folder / "build" / each) for each in ("SlackFunction", *LAYERS)]
        (folder / "hello").mkdir()
        (folder / "hello" / "hello.py").write_text(HELLO)
        compile_ = [python, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(folder / "hello")]
        subprocess.run(compile_, check=True)
        environment = {"PYTHONPATH": ":".join([*paths, str(folder / "hello")]), "PATH": os.environ["PATH"], **FUNCTION}
        environment |= {"AWS_DEFAULT_REGION": "us-east-1", "PYTHONDONTWRITEBYTECODE": "1"}
        taken: dict[str, list[Start]] = {each: [] for each in programs}
        turns = list(programs)
        for _ in range(STARTS):
            for each in turns:
                taken[each].append(_start([python, "-c", programs[each]], environment))
            turns.reverse()
        yield _ratio(taken, layers)
        yield _unneeded(python, environment)
        yield _memory(taken["ours"])


def _built(folder: Path) -> tuple[str, str]:
    """Build as for Lambda, only for this machine's processor; without Lambda's Python as for the local AWS."""
    lambdas = next(iter(Path("~/.pyenv/versions").expanduser().glob("3.13.*/bin/python3")), None)
    target = ["aws" if lambdas else "local", str(folder / "build")]
    environment = {**os.environ, "RUNTIME": "3.13", "PLATFORM": f"{os.uname().machine}-manylinux_2_28"}
    command = ["sh", str(ROOT / "infra" / "build.sh"), *target]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    python = str(lambdas or ROOT / ".tools" / "ministack" / "bin" / "python")
    version = subprocess.run([python, "-V"], check=True, capture_output=True, text=True).stdout.strip()
    return python, version


def _start(command: list[str], environment: Mapping[str, str]) -> Start:
    began = perf_counter()
    process = subprocess.Popen(command, env=dict(environment))
    _, status, used = os.wait4(process.pid, 0)
    clock, process.returncode = perf_counter() - began, os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Start(1000 * (used.ru_utime + used.ru_stime), 1000 * clock, used.ru_maxrss / 1024)


def _ratio(taken: Mapping[str, list[Start]], version: str) -> Measure:
    bare, hello, ours = (min(each.processor for each in taken[name]) for name in ("bare", "hello", "ours"))
    ratio = median(one.processor / other.processor for one, other in zip(taken["ours"], taken["hello"], strict=True))
    clock = min(each.clock for each in taken["ours"])
    return Measure(
        "cold start of the slack function",
        f"{ours:.0f} ms of processor, {ratio:.2f} x; by the clock {clock:.0f} ms",
        f"<= {BAR} x a bare Bolt hello-world",
        ratio <= BAR,
        f"hello-world {hello:.0f} ms, the interpreter alone {bare:.0f} ms; {version}",
    )


def _unneeded(python: str, environment: Mapping[str, str]) -> Measure:
    code = f"{OURS}\nimport sys; print(*sys.modules)"
    loaded = subprocess.run([python, "-c", code], env=dict(environment), check=True, capture_output=True, text=True)
    modules = set(loaded.stdout.split())
    found = sorted(modules & set(UNNEEDED))
    shown = ", ".join(found) or "none"
    return Measure("packages loaded that a first command does not need", shown, "none", not found, ", ".join(UNNEEDED))


def _memory(starts: list[Start]) -> Measure:
    """Return what the start would take where Lambda gives less of a processor, by the share it gives."""
    took, held = min(each.processor for each in starts), max(each.memory for each in starts)
    figures = ", ".join(f"{size} MB {took * WHOLE_PROCESSOR / size:,.0f} ms" for size in SIZES)
    within = took * WHOLE_PROCESSOR / SIZES[-1] < SLACK_WAITS
    return Measure(
        "start by memory size, by Lambda's share of a processor",
        figures,
        f"< {SLACK_WAITS:,} ms with {SIZES[-1]} MB",
        within,
        f"{held:.0f} MB held after it",
    )
