"""Slack's secrets are rotated while containers are warm: the new ones are taken up, the old ones end."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

import pytest

from functions.slack import app
from sop_aws import clients
from sop_aws.secrets import PAUSE, Rotation
from tests.builders.people import AGENT
from tests.standin.aws import BOT_TOKEN, SIGNING_SECRET
from tests.standin.logs import written_by
from tests.standin.person import signed, to_handler
from tests.standin.slack import Fault

if TYPE_CHECKING:
    from tests.integration.slack.conftest import Desk

NEW_SECRET = "another signing secret"


class Ticks:
    """A clock that only goes forward, when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ticks(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Ticks:
    """The clock by which the secret is looked for."""
    clock = Ticks()
    made = cache(lambda: Rotation(clients.secrets(), app._config().slack_secret_id, clock))
    monkeypatch.setattr(app, "_rotation", made)
    return clock


@pytest.fixture
def looks(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every read of the secret."""
    read: list[str] = []
    clients.secrets().meta.events.register(
        "before-call.secrets-manager.GetSecretValue", lambda **_: read.append("read")
    )
    return read


def rotate(desk: Desk, *, signing_secret: str = SIGNING_SECRET, bot_token: str = BOT_TOKEN) -> None:
    secret = json.dumps({"signing_secret": signing_secret, "bot_token": bot_token})
    desk.aws.secrets.put_secret_value(SecretId="slack", SecretString=secret)


def ask(secret: str) -> int:
    """Send a command signed with a secret; return the status."""
    body = f"command=/sop&user_id={AGENT}&team_id=T0SOLAR01&trigger_id=1.2.{secret[:3]}"
    return to_handler(app.handler)(body, signed(body, secret))[0]


def test_a_new_signing_secret_is_taken_up_by_the_first_request_that_has_it_and_the_old_one_ends(
    desk: Desk, ticks: Ticks
) -> None:
    assert ask(SIGNING_SECRET) == 200
    rotate(desk, signing_secret=NEW_SECRET)
    assert ask(NEW_SECRET) == 200
    assert ask(SIGNING_SECRET) == 401
    assert ask(NEW_SECRET) == 200


def test_a_refused_token_is_told_in_the_words_that_an_alarm_counts(desk: Desk) -> None:
    agent = desk.person(AGENT)
    desk.slack.faults.append(Fault(method="views.open", error="token_revoked"))
    with written_by(app.logger) as lines:
        agent.command("/infinity")
    assert [line["message"] for line in lines] == ["failed", "token refused", "request"]


def test_while_slack_refuses_the_token_the_secret_is_read_once_a_minute_at_most(
    desk: Desk, ticks: Ticks, looks: list[str]
) -> None:
    """Bolt is not made anew for each click, and a token that is put in place is taken up within the minute."""
    agent = desk.person(AGENT)
    agent.command("/infinity")
    del looks[:]
    made = set()
    for _ in range(5):
        desk.slack.faults.append(Fault(method="views.open", error="token_revoked"))
        agent.command("/infinity")
        made.add(app._bolt())
    assert len(looks) == 1
    assert len(made) == 1
    rotate(desk, bot_token="xoxb-rotated")
    ticks.now += PAUSE
    desk.slack.faults.append(Fault(method="views.open", error="token_revoked"))
    agent.command("/infinity")
    agent.command("/infinity")
    assert len(looks) == 2
    assert "xoxb-rotated" in desk.slack.tokens


def test_whoever_signs_badly_makes_us_read_the_secret_once_a_minute_at_most(
    desk: Desk, ticks: Ticks, looks: list[str]
) -> None:
    assert ask(SIGNING_SECRET) == 200
    del looks[:]
    with written_by(app.logger) as lines:
        assert [ask("a guess") for _ in range(5)] == [401] * 5
    assert len(looks) == 1
    assert [(line["level"], line["message"]) for line in lines] == [("WARNING", "signature refused")] * 5
    ticks.now += PAUSE
    assert ask("a guess") == 401
    assert len(looks) == 2
    assert ask(SIGNING_SECRET) == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-slack-signature": "v0=00"},
        {"x-slack-request-timestamp": "1600000000", "x-slack-signature": "v0=00"},
        {"x-slack-request-timestamp": "9" * 5000, "x-slack-signature": "v0=00"},
        {"x-slack-request-timestamp": "now", "x-slack-signature": "v0=00"},
    ],
    ids=["nothing", "no time", "long ago", "no such time", "no time at all"],
)
def test_what_nobody_signed_now_is_no_sign_of_a_rotation_and_not_counted(
    desk: Desk, ticks: Ticks, looks: list[str], headers: dict[str, str]
) -> None:
    assert ask(SIGNING_SECRET) == 200
    del looks[:]
    with written_by(app.logger) as lines:
        assert to_handler(app.handler)("command=/sop", headers)[0] == 401
    assert (looks, lines) == ([], [])
