"""What Slack gave the app is stored where functions look for it, and shown nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from infra import slack_secret
from sop_aws.secrets import SlackSecrets, slack_secrets
from tests.standin.aws import aws  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from tests.standin.aws import Aws

SIGNING: Final = "0123456789abcdef0123456789abcdef"
TOKEN: Final = "xoxb-12-34-aBcD"


@pytest.fixture(autouse=True)
def stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slack_secret, "outputs", lambda _name, kind: kind(slack_secret_id="slack"))


def test_from_the_environment(
    aws: Aws,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Both values are stored as the functions read them, and are not said."""
    monkeypatch.setenv("SLACK_SIGNING_SECRET", SIGNING)
    monkeypatch.setenv("SLACK_BOT_TOKEN", TOKEN)
    slack_secrets.cache_clear()

    assert slack_secret.main(["--stack", "desk"]) == 0
    assert slack_secrets(aws.secrets, "slack") == SlackSecrets(SIGNING, TOKEN)
    said = capsys.readouterr()
    assert (said.out, said.err) == ("The secret of desk is stored.\n", "")


def test_asked_for(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """What the environment lacks is asked for, each by the name under which Slack shows it."""
    asked: list[str] = []
    typed = iter([SIGNING, TOKEN])
    monkeypatch.delenv("SLACK_SIGNING_SECRET", raising=False)
    monkeypatch.delenv("SLACK_BOT_TOKEN", raising=False)

    def answer(question: str) -> str:
        asked.append(question)
        return next(typed)

    monkeypatch.setattr(slack_secret, "getpass", answer)
    slack_secrets.cache_clear()

    assert slack_secret.main(["--stack", "desk"]) == 0
    assert asked == ["Signing Secret (Basic Information): ", "Bot User OAuth Token (OAuth & Permissions): "]
    assert slack_secrets(aws.secrets, "slack") == SlackSecrets(SIGNING, TOKEN)


@pytest.mark.parametrize(("signing", "token"), [("xoxb-1", TOKEN), (SIGNING, "xapp-1-2"), (SIGNING, SIGNING)])
def test_something_else(
    aws: Aws,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    signing: str,
    token: str,
) -> None:
    """A value in the wrong place is refused without a word of it, and what was stored stays."""
    monkeypatch.setenv("SLACK_SIGNING_SECRET", signing)
    monkeypatch.setenv("SLACK_BOT_TOKEN", token)
    before = aws.secrets.get_secret_value(SecretId="slack")["SecretString"]

    assert slack_secret.main(["--stack", "desk"]) == 2
    assert aws.secrets.get_secret_value(SecretId="slack")["SecretString"] == before
    told = capsys.readouterr().err
    assert "Nothing was stored" in told
    assert signing not in told
    assert token not in told


def test_nobody_to_ask(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nobody can type, the variable is named that does without."""

    def nobody(_question: str) -> str:
        raise EOFError

    monkeypatch.delenv("SLACK_SIGNING_SECRET", raising=False)
    monkeypatch.setattr(slack_secret, "getpass", nobody)

    assert slack_secret.main(["--stack", "desk"]) == 2
    assert "give it in SLACK_SIGNING_SECRET" in capsys.readouterr().err
