"""Who is let in: signatures, age, replays, forged headers, roles on every listener; and what a fault tells whom."""

from __future__ import annotations

import io
import json
import logging
import re
import time
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

import pytest
from slack_bolt.listener.custom_listener import CustomListener
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier

from functions.slack import app
from functions.slack.access import refusal
from functions.slack.http import HttpRequest, for_bolt
from functions.slack.listeners import LISTENERS
from functions.slack.listeners.listener import guarded
from sop_core.settings import ROLES
from tests.builders.people import ADMIN, AGENT
from tests.integration.slack.test_infinity_run import begin, to_the_callback
from tests.standin.aws import SIGNING_SECRET
from tests.standin.logs import written_to
from tests.standin.person import Context, http_event, signed, to_handler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from slack_bolt import App, BoltRequest

    from functions.slack.listeners.listener import Listener
    from functions.slack.services import Services
    from tests.integration.slack.conftest import Desk
    from tests.standin.person import Person

FORM = {"content-type": "application/x-www-form-urlencoded"}
SECRETS = ("Jane Marker", "71 Marker Street", "2675550199")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that the function writes to its log."""
    with written_to(io.StringIO(), app.logger) as written:
        yield written


def a_command(text: str = "") -> str:
    return urlencode(
        {"command": "/infinity", "text": text, "user_id": AGENT, "team_id": "T0SOLAR01", "trigger_id": "1.2.a"}
    )


def test_the_stand_ins_signature_is_slacks() -> None:
    headers = signed("body", SIGNING_SECRET)
    assert SignatureVerifier(SIGNING_SECRET).is_valid_request("body", headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "application/x-www-form-urlencoded"},
        signed(a_command("Jane Marker"), "not the secret"),
        signed(a_command("another body"), SIGNING_SECRET),
        signed(a_command("Jane Marker"), SIGNING_SECRET, at=int(time.time()) - 301),
    ],
    ids=["unsigned", "wrong secret", "another body", "stale"],
)
def test_what_is_not_truly_signed_gets_401_does_nothing_and_leaves_no_body_in_the_log(
    desk: Desk, headers: dict[str, str], capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    desk.sheet()
    caplog.set_level(logging.DEBUG)
    before = desk.items()
    status, answer = to_handler(app.handler)(a_command("Jane Marker"), headers)
    assert status == 401
    assert desk.slack.calls == []
    assert desk.items() == before
    logged = "".join(capfd.readouterr()) + "".join(
        record.getMessage() for record in caplog.records if record.levelno >= logging.INFO
    )
    assert "Jane" not in logged + answer


def test_a_replayed_command_opens_no_second_run(desk: Desk) -> None:
    agent = begin(desk)
    before = desk.items()
    agent.repeat()
    assert desk.items() == before
    assert len(desk.slack.views) == 1


@pytest.mark.parametrize("write", [str.lower, str.upper, str.title])
def test_bolts_own_headers_from_outside_are_stripped_however_they_are_written(
    desk: Desk, write: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.sheet()
    seen: list[BoltRequest] = []

    def handed_on(request: HttpRequest) -> BoltRequest:
        seen.append(for_bolt(request))
        return seen[-1]

    monkeypatch.setattr(app, "for_bolt", handed_on)
    forged = {write(name): "1" for name in ("x-slack-bolt-lazy-only", "x-slack-bolt-lazy-function-name")}
    event = http_event(a_command(), signed(a_command(), SIGNING_SECRET) | forged)
    # Payload format 1.0 repeats headers in lists; Bolt looks there for cookies.
    event["multiValueHeaders"] = {name: [value, "2"] for name, value in forged.items()}
    answer = app.handler(event, Context())
    assert answer["statusCode"] == 200
    assert len(desk.slack.views) == 1
    assert "lazy" not in json.dumps([each.headers for each in seen]).lower()


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ("payload=[1]", FORM),
        ('payload="x"', FORM),
        ("payload={", FORM),
        ("1", {"content-type": "application/json"}),
        ('{"user":1}', {"content-type": "application/json"}),
        ("[" * 5000, {"content-type": "application/json"}),
        ("ssl_check=1&payload=[1]", FORM),
    ],
)
def test_what_slack_would_never_send_is_refused_like_anything_unsigned(
    desk: Desk, body: str, headers: dict[str, str]
) -> None:
    assert to_handler(app.handler)(body, headers)[0] == 401


def test_an_unsigned_body_that_is_an_ssl_check_to_one_reader_and_a_command_to_another_is_neither(desk: Desk) -> None:
    """Read as a form it says ``ssl_check=1`` and nothing else; read as JSON it is an admin's command."""
    command = {"command": "/sop-admin", "text": "", "user_id": ADMIN, "team_id": "T0SOLAR01", "trigger_id": "1.2.a"}
    body = json.dumps(command | {"token": "&ssl_check=1&"})
    for headers in (FORM, {"content-type": "application/json"}):
        to_handler(app.handler)(body, headers)
        assert desk.slack.calls == []


@pytest.mark.parametrize(
    "headers",
    [
        {"x-slack-request-timestamp": "soon", "x-slack-signature": "v0=0"},
        {"x-slack-request-timestamp": "9" * 400, "x-slack-signature": "v0=0"},
        {"x-slack-request-timestamp": str(int(time.time())), "x-slack-signature": "v0=é"},
        {"x-slack-request-timestamp": "", "x-slack-signature": ""},
    ],
    ids=["no time", "beyond all time", "no ASCII", "empty"],
)
def test_headers_that_nobody_honest_sends_are_refused_like_a_missing_signature(
    desk: Desk, headers: dict[str, str]
) -> None:
    assert to_handler(app.handler)(a_command(), FORM | headers)[0] == 401


@pytest.mark.parametrize("ahead", [400, 86_400])
def test_a_signature_of_the_future_is_refused_too(desk: Desk, ahead: int) -> None:
    headers = signed(a_command(), SIGNING_SECRET, at=int(time.time()) + ahead)
    assert to_handler(app.handler)(a_command(), headers)[0] == 401


def test_a_body_that_is_no_text_is_refused(desk: Desk) -> None:
    event = http_event("", FORM) | {"body": "//8=", "isBase64Encoded": True}
    assert app.handler(event, Context())["statusCode"] == 401


def test_a_command_may_say_payload(desk: Desk) -> None:
    desk.sheet()
    agent = desk.person(AGENT)
    agent.command("/infinity", "payload & <payload>")
    assert "payload & <payload>" in json.dumps(agent.view)


def test_a_request_without_headers_is_refused_like_an_unsigned_one(desk: Desk) -> None:
    event = http_event("payload=x", {}) | {"headers": None, "body": "payload=x"}
    del event["isBase64Encoded"]
    assert app.handler(event, Context())["statusCode"] == 401


def test_slacks_ssl_check_is_answered(desk: Desk) -> None:
    assert to_handler(app.handler)("ssl_check=1", FORM)[0] == 200


def test_every_listener_names_roles_that_exist(desk: Desk) -> None:
    for listener in LISTENERS:
        roles = listener.allowed(services(desk))
        assert roles, listener.name
        assert set(roles) <= set(ROLES), listener.name


def services(desk: Desk) -> Services:
    return app._services(app._config(), WebClient(base_url=desk.slack.url))


def test_every_listener_of_the_app_is_in_the_table_and_so_behind_its_role_check(desk: Desk) -> None:
    made = app._bolt()
    assert len(made._listeners) == len(LISTENERS)
    assert open_to_all(made) == []


def open_to_all(made: App) -> list[str]:
    """Return the listeners that are called without the check of :func:`guarded`, or that do more than it lets them."""
    checked = guarded(LISTENERS[0], cast("Services", None), cast("Any", None)).__code__
    listeners = [each for each in made._listeners if isinstance(each, CustomListener)]
    assert len(listeners) == len(made._listeners)
    return [
        each.ack_function.__name__
        for each in listeners
        if each.ack_function.__code__ is not checked
        or each.lazy_functions
        or any(not type(step).__module__.startswith("slack_bolt.") for step in each.middleware)
    ]


KINDS = {
    **dict.fromkeys(("action", "block_action", "view", "view_submission", "view_closed", "options", "message"), "new"),
    **dict.fromkeys(("shortcut", "global_shortcut", "message_shortcut", "function"), "new"),
    "command": "/new",
    "event": "reaction_added",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_listener_of_any_kind_that_is_registered_beside_the_table_is_seen(desk: Desk, kind: str) -> None:
    made = app._bolt()

    def anyone(ack: Any) -> None:
        ack()

    getattr(made, kind)(KINDS[kind])(anyone)
    assert open_to_all(made) == ["anyone"]


@pytest.mark.parametrize("listener", LISTENERS, ids=lambda listener: f"{listener.kind} {example(listener)}")
def test_someone_without_a_role_reaches_no_listener(desk: Desk, listener: Listener) -> None:
    guest = desk.person("U0GUEST01")
    name = example(listener)
    shown = {"id": "V1", "hash": "1", "type": "modal", "blocks": [], "state": {"values": {}}}
    view = {**shown, "callback_id": name, "private_metadata": "{}"}
    button = {"type": "button", "action_id": name, "value": "x"}
    match listener.kind:
        case "event" if name == "app_home_opened":
            assert "This needs a role" in json.dumps(guest.open_home())
        case "event":
            send_message(guest, subtype=listener.name["subtype"] if isinstance(listener.name, dict) else "")
            [told] = desk.slack.called("chat.postEphemeral")
            assert told["text"] == refusal(listener.allowed(services(desk)))
        case "command":
            assert "This needs the role" in guest.command(name)
        case "options":
            typed = {"type": "block_suggestion", "view": view, "action_id": name, "value": "x"}
            assert json.loads(guest.interact(typed)) == {"options": []}
        case "view_submission":
            assert "This needs the role" in guest.interact({"type": "view_submission", "view": view})
        case "view_closed":
            guest.interact({"type": "view_closed", "view": view})
        case "action":
            guest.interact({"type": "block_actions", "view": view, "actions": [button]})
            assert refusal(listener.allowed(services(desk))) in [block["text"]["text"] for block in guest_sees(desk)]
    kept = desk.tables()
    assert kept[desk.aws.cases_table] + kept[desk.aws.transfers_table] == []


def send_message(person: Person, *, subtype: str) -> None:
    """Write to the app directly, with a file if the message is of that kind."""
    event = {"type": "message", "channel_type": "im", "channel": "D1", "user": person.user, "text": "x", "ts": "1.1"}
    more = {"subtype": subtype, "files": [{"id": "F0SHEET001"}]} if subtype else {}
    body = json.dumps(
        {"type": "event_callback", "team_id": "T0SOLAR01", "api_app_id": "A0SOPDESK", "event": event | more}
    )
    headers = signed(body, SIGNING_SECRET) | {"content-type": "application/json"}
    assert person.send(body, headers)[0] == 200


def guest_sees(desk: Desk) -> list[dict[str, Any]]:
    """Return the blocks of the latest modal."""
    blocks: list[dict[str, Any]] = list(desk.slack.views.values())[-1]["blocks"]
    return blocks


def example(listener: Listener) -> str:
    """Return a name that the listener answers to."""
    if isinstance(listener.name, str):
        return listener.name
    if isinstance(listener.name, dict):
        return listener.name["type"]
    optional_gone = re.sub(r"\([^)]*\)\?", "", listener.name.pattern.strip("^$"))
    return re.sub(r"\((\w+)\|[^)]*\)", r"\1", optional_gone)


@pytest.mark.parametrize(("user", "shown"), [(AGENT, "/sop"), (ADMIN, "/transfers upload"), ("U0SPEC001", "Unclaimed")])
def test_home_shows_what_ones_roles_can_do(desk: Desk, user: str, shown: str) -> None:
    assert shown in json.dumps(desk.person(user).open_home())


def test_a_fault_tells_the_person_what_to_do_and_the_log_no_customer_data(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    agent = begin(desk)
    to_the_callback(agent)

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(f"cannot store {SECRETS[0]}")

    monkeypatch.setattr("sop_aws.cases.CaseStore.open", broken)
    result = agent.submit(
        caller_name=SECRETS[0], property_address=SECRETS[1], reason_of_call="x", callback_number=SECRETS[2]
    )
    assert result["response_action"] == "push"
    assert "Try again" in json.dumps(result)
    logged = log.getvalue()
    assert "RuntimeError" in logged
    assert not [secret for secret in SECRETS if secret in logged]


def test_a_whole_run_logs_no_customer_data(desk: Desk, log: io.StringIO) -> None:
    agent = begin(desk, text="jane doe curry street")
    agent.suggest("project_search", "Jane Doe")
    to_the_callback(agent)
    agent.submit(caller_name=SECRETS[0], property_address=SECRETS[1], reason_of_call="x", callback_number=SECRETS[2])
    assert len(desk.all_cases()) == 1
    logged = log.getvalue()
    assert '"what":"/infinity"' in logged
    assert not [secret for secret in (*SECRETS, "Jane", "Curry", "curry", "2675550185", "555-0185") if secret in logged]


def test_private_metadata_carries_ids_only(desk: Desk) -> None:
    agent = begin(desk)
    to_the_callback(agent)
    assert set(json.loads(agent.view["private_metadata"])) == {"run", "version"}


def test_an_admin_without_the_agent_role_is_told_which_role_is_needed(desk: Desk) -> None:
    assert "*agent*" in desk.person(ADMIN).command("/infinity")
