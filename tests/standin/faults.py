"""Faults of AWS, on the clients of a test: what the next calls of an operation are answered with.

They come below the client's own retries, as they would from AWS. The fixture ``aws_faults`` is there for every test.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from io import BytesIO
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, cast

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict
from moto.core.models import botocore_stubber

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.client import BaseClient

SERVER: Final = 500
FOREVER: Final = 1_000_000


@dataclass(frozen=True, kw_only=True)
class AwsFault:
    """What calls of ``operation`` meet, ``times`` long. ``reasons`` are those of a cancelled transaction.

    With ``done``, AWS did what was asked all the same: the answer was lost.
    """

    operation: str
    code: str
    status: int = 400
    reasons: tuple[str, ...] = ()
    times: int = 1
    done: bool = False


@dataclass
class AwsFaults:
    """The faults that are due on the clients that are ``on``, and how often each operation was called on them."""

    due: list[AwsFault] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    _watched: list[BaseClient] = field(default_factory=list)

    def on(self, *clients: Any) -> AwsFaults:
        """Let the faults happen to these clients too."""
        for client in clients:
            # botocore asks every handler, whatever the first one answers: moto is asked by us, or not at all.
            _swap(client, botocore_stubber, self._meet)
            self._watched.append(client)
        return self

    def add(self, *faults: AwsFault) -> None:
        """Let these be met, the first of an operation first."""
        self.due.extend(faults)

    def end(self) -> None:
        """Let AWS be well again."""
        self.due.clear()

    def off(self) -> None:
        """Leave the clients as they were."""
        self.end()
        for client in self._watched:
            _swap(client, self._meet, botocore_stubber)

    def _meet(self, *, event_name: str, request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        operation = event_name.rpartition(".")[2]
        self.calls.append(operation)
        fault = next((each for each in self.due if each.operation == operation), None)
        if fault is None:
            return self._do(event_name, request)
        self.due.remove(fault)
        if fault.times > 1:
            self.due.insert(0, AwsFault(**{**vars(fault), "times": fault.times - 1}))
        if fault.done:
            self._do(event_name, request)
        return _answer(request, fault)

    def _do(self, event_name: str, request: AWSPreparedRequest) -> AWSResponse | None:
        answer: AWSResponse | None = botocore_stubber(event_name, request)
        return answer


def _swap(client: Any, handler: object, other: object) -> None:
    client.meta.events.unregister("before-send", handler)
    client.meta.events.register("before-send", other)


def _answer(request: AWSPreparedRequest, fault: AwsFault) -> AWSResponse:
    body: dict[str, Any] = {"__type": f"com.amazonaws.dynamodb.v20120810#{fault.code}", "message": "a fault"}
    if fault.reasons:
        body["CancellationReasons"] = [{"Code": reason} for reason in fault.reasons]
    if "s3" in str(request.url) or request.headers.get("x-amz-target") is None:
        text = f"<Error><Code>{fault.code}</Code><Message>a fault</Message></Error>"
    else:
        text = json.dumps(body)
    return AWSResponse(str(request.url), fault.status, cast("Any", HeadersDict()), _Raw(text.encode()))


class _Raw(BytesIO):
    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


@pytest.fixture
def aws_faults(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsFaults]:
    """Faults of AWS; the client's own pauses between its tries take no time."""
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None, time=lambda: 0.0))
    faults = AwsFaults()
    yield faults
    faults.off()


def cancelled(*reasons: str, times: int = 1) -> AwsFault:
    """Return the fault of a transaction that is cancelled for these reasons."""
    return AwsFault(operation="TransactWriteItems", code="TransactionCanceledException", reasons=reasons, times=times)


def unanswered(operation: str) -> AwsFault:
    """Return that AWS does what is asked, and the answer is lost."""
    return AwsFault(operation=operation, code="InternalServerError", status=SERVER, done=True)
