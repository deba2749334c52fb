"""Configuration, secrets and clients: read once, and clear about what is missing."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from botocore.session import get_session

from sop_aws import clients
from sop_aws.config import DeliverConfig, MissingConfiguration, SlackConfig, SweepConfig
from sop_aws.documents import DocumentStore
from sop_aws.secrets import SecretUnreadable, SlackSecrets, slack_secrets

SLACK = {
    "ENVIRONMENT": "prod",
    "CASES_TABLE": "cases",
    "TRANSFERS_TABLE": "transfers",
    "SETTINGS_TABLE": "settings",
    "FILES_BUCKET": "files",
    "DELIVER_QUEUE_URL": "https://queue/deliver.fifo",
    "IMPORT_QUEUE_URL": "https://queue/import",
    "PUBLISH_QUEUE_URL": "https://queue/publish",
    "SLACK_SECRET_ID": "secret",
}


class TestConfig:
    def test_read(self) -> None:
        """Every field is the variable of its name in capitals; Slack itself is the default."""
        config = SlackConfig.from_environment(SLACK)

        assert msgspec.structs.asdict(config) == {
            **{name.lower(): value for name, value in SLACK.items()},
            "slack_api_url": "https://slack.com/api/",
        }

    def test_missing(self) -> None:
        """All that is missing or empty is named at once."""
        with pytest.raises(MissingConfiguration) as missing:
            SweepConfig.from_environment({"ENVIRONMENT": "prod", "CASES_TABLE": "", "TRANSFERS_TABLE": "transfers"})

        assert missing.value.names == ("CASES_TABLE", "SETTINGS_TABLE", "DELIVER_QUEUE_URL", "IMPORT_QUEUE_URL")
        assert "CASES_TABLE, SETTINGS_TABLE, DELIVER_QUEUE_URL, IMPORT_QUEUE_URL" in str(missing.value)

    def test_empty_default(self) -> None:
        """An empty variable leaves a default as it is."""
        config = DeliverConfig.from_environment({**SLACK, "SLACK_API_URL": ""})

        assert config.slack_api_url == "https://slack.com/api/"

    def test_process_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without a mapping it is the process's own environment."""
        for name, value in {**SLACK, "SLACK_API_URL": "http://127.0.0.1:1/api/"}.items():
            monkeypatch.setenv(name, value)

        assert DeliverConfig.from_environment().slack_api_url == "http://127.0.0.1:1/api/"

    def test_frozen(self) -> None:
        """Nobody changes it afterwards."""
        config = SlackConfig.from_environment(SLACK)

        with pytest.raises(AttributeError):
            config.environment = "dev"  # type: ignore[misc]


class SecretsManager:
    """A Secrets Manager with one secret, that counts how often it is asked."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.asked = 0

    def get_secret_value(self, *, SecretId: str) -> dict[str, str]:  # noqa: N803 - AWS's name
        self.asked += 1
        return {"Name": SecretId, "SecretString": self.text}


class TestSecrets:
    def test_once(self) -> None:
        """The secret is fetched once, and again after it was said to have changed."""
        manager = SecretsManager('{"signing_secret": "one", "bot_token": "xoxb-two"}')

        assert slack_secrets(manager, "slack") == slack_secrets(manager, "slack")
        assert manager.asked == 1
        slack_secrets.cache_clear()
        slack_secrets(manager, "slack")
        assert manager.asked == 2

    def test_hidden(self) -> None:
        """A secret that ends up in a log line shows nothing."""
        assert "two" not in f"{SlackSecrets(signing_secret='one', bot_token='two')}"

    @pytest.mark.parametrize("text", ["xoxb-marked", '{"bot_token": "xoxb-marked"}', '["xoxb-marked"]'])
    def test_unreadable(self, text: str) -> None:
        """A secret of another shape is named, and not quoted, not even in the cause."""
        with pytest.raises(SecretUnreadable) as unreadable:
            slack_secrets(SecretsManager(text), "slack")

        assert "slack" in str(unreadable.value)
        assert "marked" not in str(unreadable.value)
        assert unreadable.value.__cause__ is None
        assert unreadable.value.__suppress_context__


class TestClients:
    def test_patience(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whoever answers Slack gives up within Slack's three seconds; workers wait longer and try more often."""
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        fast: Any = clients.sqs(clients.FAST).meta.config
        patient: Any = clients.sqs(clients.PATIENT).meta.config

        assert fast.connect_timeout + fast.read_timeout < 3
        assert patient.read_timeout > fast.read_timeout
        assert patient.retries["total_max_attempts"] > fast.retries["total_max_attempts"]

    def test_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A container makes each client once."""
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

        assert clients.s3() is clients.s3()
        assert clients.dynamodb() is not clients.dynamodb(clients.PATIENT)

    @pytest.mark.parametrize(
        ("region", "host"),
        [("us-east-1", "files.s3.amazonaws.com"), ("eu-central-1", "files.s3.eu-central-1.amazonaws.com")],
    )
    def test_links(self, monkeypatch: pytest.MonkeyPatch, region: str, host: str) -> None:
        """A link to a document is signed as every region takes it, for the bucket's own host."""
        for name, value in (("DEFAULT_REGION", region), ("ACCESS_KEY_ID", "a"), ("SECRET_ACCESS_KEY", "b")):
            monkeypatch.setenv(f"AWS_{name}", value)
        monkeypatch.setattr(clients, "_session", get_session)
        link = urlsplit(DocumentStore(clients.s3.__wrapped__(), "files").link("cases/SOP-1/F1"))

        assert parse_qs(link.query)["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
        assert link.hostname == host
