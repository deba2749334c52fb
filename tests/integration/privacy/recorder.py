"""Everything that the functions let out beside what they are for: logs, metrics, addresses, metadata, errors.

Slack's messages and views and the stores' items are what the app is for, so those may hold a customer; what is
recorded here may not.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch
from urllib.request import OpenerDirector, Request

from botocore.awsrequest import AWSRequest
from slack_sdk.web.base_client import BaseClient

from tests.standin.functions import FUNCTIONS
from tests.standin.logs import written_to

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

STAND_INS: Final = ("moto", "responses", "hypothesis", "asyncio")
"""Loggers of what the tests put in AWS's place."""


@dataclass
class Recorder:
    """What was let out, by kind: ``logs`` as Lambda would write them, ``library`` whatever any logger was given."""

    logs: io.StringIO = field(default_factory=io.StringIO)
    seen: list[tuple[str, str]] = field(default_factory=list)

    def note(self, kind: str, what: object) -> None:
        """Keep something that was let out."""
        self.seen.append((kind, what if isinstance(what, str) else repr(what)))

    def everything(self) -> Iterator[tuple[str, str]]:
        """Yield all that was let out."""
        yield from (("log", line) for line in self.logs.getvalue().splitlines())
        yield from self.seen

    def found(self, marks: tuple[str, ...]) -> list[tuple[str, str]]:
        """Return what was let out and holds one of these marks."""
        return [(kind, text) for kind, text in self.everything() if any(mark in text.casefold() for mark in marks)]

    def kinds(self) -> set[str]:
        """Return the kinds of what was let out."""
        return {kind for kind, _ in self.everything()}

    def answer(self, body: str) -> None:
        """Keep what an answer of the slack function tells beside the view that it shows."""
        if not body.startswith("{"):
            self.note("answer", body)
            return
        answer = json.loads(body)
        self.note("error answer", answer.get("errors", {}))
        self._view(answer.get("view"))

    def watched(self, handler: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        """Return a function's handler that keeps what it answers, and the error that ends it."""

        def handle(event: Any, context: Any) -> Any:
            try:
                answer = handler(event, context)
            except Exception as error:
                self.note("exception", "".join(traceback.format_exception(error)))
                raise
            if isinstance(answer, dict) and "statusCode" in answer:
                self.answer(str(answer.get("body") or ""))
            return answer

        return handle

    def _view(self, view: object) -> None:
        shown = json.loads(view) if isinstance(view, str) else view
        if isinstance(shown, dict):
            self.note("private_metadata", shown.get("private_metadata", ""))
            self.note("callback_id", shown.get("callback_id", ""))

    def slack_call(self, arguments: Mapping[str, Any]) -> None:
        """Keep the hidden parts of a view or a message that is sent to Slack."""
        self._view(arguments.get("view"))
        self.note("metadata", arguments.get("metadata", ""))

    def aws_request(self, request: AWSRequest) -> None:
        """Keep the address and the headers of a request to AWS, and what goes into a queue."""
        address = str(request.url)
        self.note("url", address)
        self.note("header", dict(request.headers))
        if "sqs" in address or "AmazonSQS" in str(request.headers.get("X-Amz-Target")):
            # A receipt is the queue's own, two hundred letters by chance: any mark is in one now and then.
            self.note("queue", {**json.loads(request.data or "{}"), "ReceiptHandle": ""})


class _Everything(logging.Handler):
    def __init__(self, recorder: Recorder) -> None:
        super().__init__(logging.DEBUG)
        self._recorder = recorder

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(STAND_INS):
            error = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
            self._recorder.note("library", f"{record.getMessage()} {record.__dict__} {error}")


@contextlib.contextmanager
def recording() -> Iterator[Recorder]:
    """Record until the block ends, with every logger as talkative as ``LogLevel`` DEBUG makes it."""
    recorder = Recorder()
    handler = _Everything(recorder)
    root = logging.getLogger()
    level = root.level
    prepare, send, opened = AWSRequest.prepare, BaseClient._urllib_api_call, OpenerDirector.open

    def prepared(request: AWSRequest) -> Any:
        recorder.aws_request(request)
        return prepare(request)

    def called(client: BaseClient, **arguments: Any) -> Any:
        recorder.slack_call((arguments["json_body"] or {}) | (arguments["body_params"] or {}))
        return send(client, **arguments)

    def asked(opener: OpenerDirector, request: Request | str, *arguments: Any, **named: Any) -> Any:
        recorder.note("url", request if isinstance(request, str) else request.full_url)
        return opened(opener, request, *arguments, **named)

    with contextlib.ExitStack() as stack:
        stack.enter_context(patch.object(AWSRequest, "prepare", prepared))
        stack.enter_context(patch.object(BaseClient, "_urllib_api_call", called))
        stack.enter_context(patch.object(OpenerDirector, "open", asked))
        stack.enter_context(contextlib.redirect_stdout(recorder.logs))
        stack.enter_context(contextlib.redirect_stderr(recorder.logs))
        stack.enter_context(written_to(recorder.logs, *(each.logger for each in FUNCTIONS.values())))
        for function in FUNCTIONS.values():
            own = function.logger
            stack.callback(own.setLevel, own.log_level)
            own.setLevel("DEBUG")
            stack.enter_context(patch.object(function, "handler", recorder.watched(function.handler)))
        root.addHandler(handler)
        stack.callback(root.removeHandler, handler)
        root.setLevel(logging.DEBUG)
        stack.callback(root.setLevel, level)
        yield recorder
