"""The functions as Lambda runs them: one process an invocation, which can be made to end at any of its calls.

Run as a program it is a server that has imported every function and forks for each line of its input, so that an
invocation starts cold, without what an earlier one remembered, and still in milliseconds. What a function imports only
when it needs it, the server imports too once it was seen to. A line in: :class:`Order`; a line out: :class:`Outcome`.
"""

from __future__ import annotations

import gc
import importlib
import itertools
import json
import os
import signal
import sys
import urllib.request
from contextlib import suppress
from datetime import datetime  # noqa: TC003 - msgspec reads the annotation
from typing import TYPE_CHECKING, Any, Final, NoReturn
from urllib.parse import urlsplit

import msgspec
from botocore.endpoint import Endpoint

from functions.import_sheet import forgetting
from sop_aws import clients
from sop_core import procedures
from tests.standin.functions import FEW_DAYS, FUNCTIONS
from tests.standin.person import Context

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SECONDS: Final = 60
"""What an invocation may take, as a function's timeout."""
KILLED: Final = -signal.SIGKILL
"""How a process ends that was killed at a call."""
READS: Final = {
    "dynamodb.BatchGetItem",
    "dynamodb.GetItem",
    "dynamodb.Query",
    "s3.GetObject",
    "s3.HeadObject",
    "secretsmanager.GetSecretValue",
    "slack.conversations.history",
    "slack.files.info",
    "slack.users.info",
    "slack file host: files-pri",
}
"""The calls that leave everything as it is. Any other is taken for one that changes something."""


class Order(msgspec.Struct, kw_only=True, frozen=True):
    """Invoke ``function`` with ``event`` at ``now``; end it after its ``call``-th call, or (0) before the first."""

    function: str
    event: Any
    now: datetime
    call: int | None = None


class Outcome(msgspec.Struct, kw_only=True, frozen=True):
    """What became of it: ``answer`` or, where the process ended early, none. ``calls`` are the external calls begun."""

    calls: tuple[str, ...]
    code: int
    answer: Any = None

    @property
    def was_killed(self) -> bool:
        """Whether the process ended at the call it was to end at."""
        return self.code == KILLED


def serve() -> None:
    """Answer each order of the input with its outcome, until the input ends."""
    _warm_up()
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the functions print is their log
    print("ready", file=out, flush=True)
    for line in sys.stdin:
        order = msgspec.json.decode(line, type=Order)
        print(msgspec.json.encode(_carried_out(order)).decode(), file=out, flush=True)


def _warm_up() -> None:
    # Clients read their service's model from disk; no connection is made before the first call.
    for make in (clients.dynamodb, clients.sqs, clients.s3, clients.secrets):
        make()
        make(clients.PATIENT)
    # The layer holds them compiled; in a checkout every process would parse their YAML.
    for name in procedures.names():
        procedures.load(name)
    vars(forgetting).update(FEW_DAYS)
    _freeze()


def _carried_out(order: Order) -> Outcome:
    reading, writing = os.pipe()
    process = os.fork()
    if not process:
        os.close(reading)
        _invoke(order, writing)
    os.close(writing)
    with os.fdopen(reading) as told:
        lines = [json.loads(line) for line in told]
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    calls = tuple(line["call"] for line in lines if "call" in line)
    answer = next((line["answer"] for line in lines if "answer" in line), None)
    _import_too([name for line in lines for name in line.get("imported", ())])
    return Outcome(calls=calls, code=code, answer=answer)


def _import_too(names: Sequence[str]) -> None:
    for name in names:
        with suppress(ImportError):
            importlib.import_module(name)
    if names:
        _freeze()


def _freeze() -> None:
    # A process that looks for garbage among what it inherited copies all of it.
    gc.collect()
    gc.freeze()


def _invoke(order: Order, writing: int) -> NoReturn:
    def tell(**what: Any) -> None:
        os.write(writing, json.dumps(what).encode() + b"\n")

    signal.alarm(SECONDS)
    known = set(sys.modules)
    _watch_calls(order, tell)
    function = FUNCTIONS[order.function]
    function.system_clock = lambda: order.now
    code = 1
    try:
        tell(answer=function.handler(order.event, Context(seconds=SECONDS)))
        code = 0
    except BaseException as error:  # noqa: BLE001 - a function that raises has failed, whatever it raised
        sys.stderr.write(f"{order.function}: {type(error).__name__}: {error}\n")
    finally:
        tell(imported=[name for name in sys.modules if name not in known])
        sys.stderr.flush()
        sys.stdout.flush()
        os._exit(code)


def _watch_calls(order: Order, tell: Callable[..., None]) -> None:
    """Count the calls to AWS and the requests by ``urllib`` (Slack's client and file hosts); end at the wanted one."""
    count = itertools.count(1)

    def watched(call: Callable[[], Any], name: str) -> Any:
        mine = next(count)
        tell(call=name)
        if order.call == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = call()
        if order.call == mine:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    to_aws, to_slack = Endpoint.make_request, urllib.request.OpenerDirector.open

    def make_request(self: Endpoint, model: Any, request: Any) -> Any:
        name = f"{model.service_model.service_name}.{model.name}"
        return watched(lambda: to_aws(self, model, request), name)

    def open_(self: Any, fullurl: Any, *args: Any, **options: Any) -> Any:
        address = fullurl if isinstance(fullurl, str) else fullurl.full_url
        return watched(lambda: to_slack(self, fullurl, *args, **options), _slack_call(address))

    Endpoint.make_request = make_request  # type: ignore[method-assign, assignment]  # this process ends with the invocation
    urllib.request.OpenerDirector.open = open_  # type: ignore[method-assign]  # same


def _slack_call(address: str) -> str:
    first, _, rest = urlsplit(address).path.strip("/").partition("/")
    return f"slack.{rest}" if first == "api" else f"slack file host: {first}"


if __name__ == "__main__":
    serve()
