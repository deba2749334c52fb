"""The bridge between Slack's Socket Mode and the app: each envelope as the signed request that it stands for."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import parse_qsl

import pytest
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web import WebClient

from infra.local.manifest import for_socket_mode
from infra.local.socket_mode import Bridge
from tests.standin.loopback import Answering, served
from tests.standin.slack import slack_server
from tests.standin.socket_mode import slack_socket

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from websockets.sync.server import ServerConnection

LOOPBACK: Final = "127.0.0.1"
SECRET: Final = "made for this run"
COMMAND: Final = {"command": "/infinity", "text": "jane & joe", "user_id": "U1", "trigger_id": "1.2"}
SUBMISSION: Final = {"type": "view_submission", "view": {"id": "V1"}}
EVENT: Final = {"type": "event_callback", "event": {"type": "app_home_opened", "user": "U1"}}
ERRORS: Final = {"response_action": "errors", "errors": {"reason": "Say why."}}

Answer = tuple[int, str, bytes]
"""A status, a content type and a body."""
NOTHING: Final[Answer] = (200, "text/plain", b"")


class Exchange(NamedTuple):
    """An envelope that Slack sends, and what the app answers to it."""

    kind: str
    payload: dict[str, Any]
    answer: Answer = NOTHING
    more: dict[str, Any] = {}  # noqa: RUF012 - a named tuple's default, never changed


AGAIN: Final = {"accepts_response_payload": False, "retry_attempt": 1, "retry_reason": "timeout"}
EXCHANGES: Final = {
    "command": Exchange("slash_commands", COMMAND),
    "refused": Exchange("slash_commands", COMMAND, (401, "text/plain", b"")),
    "broken": Exchange("slash_commands", COMMAND, (500, "text/plain", b"")),
    "text": Exchange("slash_commands", COMMAND, (200, "text/plain;charset=utf-8", b"Not for you.")),
    "submission": Exchange("interactive", SUBMISSION, (200, "application/json", json.dumps(ERRORS).encode())),
    "event": Exchange("events_api", EVENT, (200, "application/json", b'{"ignored": true}'), AGAIN),
    "unknown": Exchange("something new", {}),
    "last": Exchange("slash_commands", COMMAND),
}
POSTED: Final = [name for name in EXCHANGES if name != "unknown"]


class Seen(NamedTuple):
    """What the app was posted, and what went back to Slack, by the names of the exchanges."""

    posted: dict[str, tuple[Any, bytes]]
    back: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def seen() -> Iterator[Seen]:
    """One connection with every exchange, each begun when the one before is over."""
    seen = Seen({}, {})
    turn, over = threading.Semaphore(0), threading.Event()

    def app(headers: Any, body: bytes) -> Answer:
        name = POSTED[len(seen.posted)]
        seen.posted[name] = (headers, body)
        answer = EXCHANGES[name].answer
        if answer[0] != 200:
            turn.release()  # nothing goes back
        return answer

    def talk(connection: ServerConnection) -> None:
        connection.send(json.dumps({"type": "hello", "num_connections": 1}))
        threading.Thread(target=_send_all, args=(connection, turn), daemon=True).start()
        for message in connection:
            back = json.loads(message)
            seen.back[back["envelope_id"]] = back
            turn.release()
            if back["envelope_id"] == "last":
                over.set()

    with http(app) as url, slack_server() as slack, slack_socket(talk) as slack.socket:
        bridge = Bridge(WebClient("xoxb-1", base_url=slack.url), "xapp-1", url=url, host="app.example", secret=SECRET)
        bridge.open()
        try:
            assert over.wait(20)
        finally:
            bridge.close()
        yield seen


def _send_all(connection: ServerConnection, turn: threading.Semaphore) -> None:
    for name, exchange in EXCHANGES.items():
        sent = {"type": exchange.kind, "envelope_id": name, "payload": exchange.payload}
        connection.send(json.dumps({**sent, "accepts_response_payload": True, **exchange.more}))
        if name in POSTED:
            assert turn.acquire(timeout=10)


@contextmanager
def http(answer: Callable[[Any, bytes], Answer]) -> Iterator[str]:
    """Serve every POST with what ``answer`` makes of its headers and body."""

    class Handler(Answering):
        def post(self) -> None:
            status, kind, content = answer(self.headers, self.body())
            self.answer(status, content, {"Content-Type": kind})

    with served(Handler) as address:
        yield address


def test_a_command_is_a_signed_form(seen: Seen) -> None:
    """The app cannot tell it from what Slack posts to an address."""
    headers, body = seen.posted["command"]

    assert dict(parse_qsl(body.decode())) == COMMAND
    assert headers["Host"] == "app.example"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert SignatureVerifier(SECRET).is_valid_request(body, {name.lower(): value for name, value in headers.items()})
    assert seen.back["command"] == {"envelope_id": "command"}


def test_a_click_is_a_payload_and_its_answer_goes_back(seen: Seen) -> None:
    """What the app says to a submission, that a field is wrong say, is the envelope's payload."""
    _, body = seen.posted["submission"]

    assert json.loads(dict(parse_qsl(body.decode()))["payload"]) == SUBMISSION
    assert seen.back["submission"] == {"envelope_id": "submission", "payload": ERRORS}


def test_text_is_an_answer_too(seen: Seen) -> None:
    """A command's plain answer is its text."""
    assert seen.back["text"]["payload"] == {"text": "Not for you."}


def test_an_event_says_that_it_comes_again(seen: Seen) -> None:
    """Slack's count of its tries is handed on; an event has no answer."""
    headers, body = seen.posted["event"]

    assert json.loads(body) == EVENT
    assert (headers["X-Slack-Retry-Num"], headers["X-Slack-Retry-Reason"]) == ("1", "timeout")
    assert seen.back["event"] == {"envelope_id": "event"}


@pytest.mark.parametrize("name", ["refused", "broken", "unknown"])
def test_a_refusal_is_no_answer(seen: Seen, name: str) -> None:
    """What the app did not take is not acknowledged, so that Slack tells the person or tries again."""
    assert name not in seen.back
    assert "last" in seen.back, "and the connection goes on"


def test_the_manifest_of_a_pilot_has_no_address() -> None:
    """Socket Mode is on, and nothing is left that asks for an address."""
    read = for_socket_mode()

    assert read["settings"]["socket_mode_enabled"]
    assert "https://" not in json.dumps(read)
