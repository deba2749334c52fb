"""The template, deployed, behind the loopback gateway."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import uvicorn
from slack_sdk.signature import SignatureVerifier

from infra.local.gateway import create_gateway
from infra.local.processes import LOOPBACK, reserve
from infra.local.stack import RELEASED
from infra.local.web import Server
from tests.standin.aws import SIGNING_SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.stack import Stack

pytestmark = pytest.mark.stack

CHALLENGE = json.dumps({"type": "url_verification", "challenge": "é & =", "token": "-"})


@pytest.fixture(scope="module")
def gateway(stack: Stack) -> Iterator[httpx.Client]:
    listening = threading.Event()
    server = Server(uvicorn.Config(create_gateway(stack), log_level="error"), announce=listening.set)
    with (
        reserve(0) as bound,
        httpx.Client(base_url=f"http://{LOOPBACK}:{bound.getsockname()[1]}", timeout=30) as client,
    ):
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        assert listening.wait(10)
        yield client
        server.should_exit = True
        thread.join()


def signed(body: str, *, secret: str = SIGNING_SECRET, age: int = 0) -> dict[str, Any]:
    """Return a request as Slack would sign it."""
    timestamp = str(int(time.time()) - age)
    signature = SignatureVerifier(secret).generate_signature(timestamp=timestamp, body=body)
    headers = {"x-slack-request-timestamp": timestamp, "x-slack-signature": str(signature)}
    return {"content": body.encode(), "headers": {"content-type": "application/json", **headers}}


def test_signed(gateway: httpx.Client) -> None:
    """Slack's check of the address is answered: signature, headers and body went through untouched."""
    answer = gateway.post("/slack/events", **signed(CHALLENGE))

    assert answer.status_code == 200
    assert answer.json() == {"challenge": "é & ="}


@pytest.mark.parametrize("wrong", [{"secret": "another"}, {"age": 600}])
def test_badly_signed(gateway: httpx.Client, wrong: dict[str, Any]) -> None:
    """A wrong signature and a stale one are refused."""
    assert gateway.post("/slack/events", **signed(CHALLENGE, **wrong)).status_code == 401


def test_unsigned(gateway: httpx.Client) -> None:
    """A request that nobody signed is refused."""
    assert gateway.post("/slack/events", content=CHALLENGE).status_code == 401


@pytest.mark.parametrize(("method", "path"), [("GET", "/slack/events"), ("POST", "/"), ("POST", "/slack")])
def test_elsewhere(gateway: httpx.Client, method: str, path: str) -> None:
    """Nothing else answers."""
    assert gateway.request(method, path).status_code == 404


def test_every_function_starts(stack: Stack) -> None:
    """Each function imports its layers, reads its environment and answers."""
    stack.warm_up()
    functions = stack.aws.client("lambda")
    events = {stack.outputs.import_sheet_function: '{"Records": []}', stack.outputs.sweep_function: "{}"}
    for name, event in events.items():
        answer = functions.invoke(FunctionName=name, Qualifier=RELEASED, Payload=event)
        assert "FunctionError" not in answer, answer["Payload"].read()


def test_only_the_artefact_runs(stack: Stack) -> None:
    """A function without its shared layer does not start: the source tree does not stand in for what was built."""
    functions, name = stack.aws.client("lambda"), stack.outputs.publish_function
    layers = [each["Arn"] for each in functions.get_function_configuration(FunctionName=name)["Layers"]]
    functions.update_function_configuration(FunctionName=name, Layers=layers[:1])
    without = functions.publish_version(FunctionName=name)["Version"]
    functions.update_function_configuration(FunctionName=name, Layers=layers)

    answer = functions.invoke(FunctionName=name, Qualifier=without, Payload='{"Records": []}')
    released = functions.invoke(FunctionName=name, Qualifier=RELEASED, Payload='{"Records": []}')

    assert "FunctionError" in answer
    assert "No module named 'sop_aws'" in answer["Payload"].read().decode()
    assert "FunctionError" not in released
