"""Slack's Web API for workers, whose queue keeps the message while they wait; and what a refused token looks like."""

from __future__ import annotations

from typing import Final

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import ConnectionErrorRetryHandler, RateLimitErrorRetryHandler

SECONDS: Final = 10
TOKEN_REFUSED: Final = frozenset({"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"})
"""Errors after which the secret is read anew: it may have been rotated."""


def patient_client(token: str, *, api: str) -> WebClient:
    """Return a client that waits as long as Slack asks, twice at most, and tries a broken connection once more."""
    return WebClient(
        token=token,
        base_url=api,
        timeout=SECONDS,
        retry_handlers=[RateLimitErrorRetryHandler(max_retry_count=2), ConnectionErrorRetryHandler()],
    )


def is_token_refused(error: Exception) -> bool:
    """Tell whether Slack does not accept the bot token."""
    return isinstance(error, SlackApiError) and error.response.get("error") in TOKEN_REFUSED
