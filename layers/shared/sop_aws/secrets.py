"""Slack's secrets from Secrets Manager, fetched once a container and again when Slack no longer knows them."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_secretsmanager import SecretsManagerClient


PAUSE: Final = 60.0
"""Seconds between two looks for a rotated secret: anybody can send what is badly signed, and each look costs a call."""


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
    return read_secrets(client, secret_id)


class Rotation:
    """Notices that the secret was rotated while this container held the old one."""

    def __init__(self, client: SecretsManagerClient, secret_id: str, ticks: Callable[[], float]) -> None:
        """Take the secret and a clock that only goes forward, in seconds."""
        self._client = client
        self._secret_id = secret_id
        self._ticks = ticks
        self._looked = -math.inf

    def may_look(self) -> bool:
        """Tell whether the stored secret may be read anew, once a minute at most."""
        if self._ticks() - self._looked < PAUSE:
            return False
        self._looked = self._ticks()
        return True

    def happened(self) -> bool:
        """Tell whether the stored secret is another than the one held, if one may look."""
        if not self.may_look():
            return False
        return read_secrets(self._client, self._secret_id) != slack_secrets(self._client, self._secret_id)


def read_secrets(client: SecretsManagerClient, secret_id: str) -> SlackSecrets:
    """Read the secret as it is stored now; raises as :func:`slack_secrets` does."""
    text = client.get_secret_value(SecretId=secret_id)["SecretString"]
    try:
        return msgspec.json.decode(text, type=SlackSecrets)
    except msgspec.DecodeError:
        # The decoder's message may quote the secret, so the cause is dropped as well.
        raise SecretUnreadable(secret_id) from None
