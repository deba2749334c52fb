"""Slack's secrets from Secrets Manager, fetched once a container."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class SecretUnreadable(ValueError):
    """The secret exists but is not what the app needs; its content is never part of the message."""

    def __init__(self, secret_id: str) -> None:
        """Say which secret, and what it must hold."""
        super().__init__(f'the secret {secret_id} must be JSON with "signing_secret" and "bot_token"')


class SlackSecrets(msgspec.Struct, frozen=True):
    """What Slack gave the app. Its ``repr`` shows nothing, so a log line cannot leak it."""

    signing_secret: str
    bot_token: str

    def __repr__(self) -> str:
        """Hide both values."""
        return "SlackSecrets(signing_secret=***, bot_token=***)"


@cache
def slack_secrets(client: SecretsManagerClient, secret_id: str) -> SlackSecrets:
    """Read the secret, the first time only; ``slack_secrets.cache_clear()`` after a rotation.

    :raises SecretUnreadable: if it is not JSON with both values.
    """
    text = client.get_secret_value(SecretId=secret_id)["SecretString"]
    try:
        return msgspec.json.decode(text, type=SlackSecrets)
    except msgspec.DecodeError:
        # The decoder's message may quote the secret, so the cause is dropped as well.
        raise SecretUnreadable(secret_id) from None
