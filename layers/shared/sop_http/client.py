"""Slack's Web API for workers, whose queue keeps the message while they wait; and what a refused token looks like."""

from __future__ import annotations

from http.client import HTTPException
from typing import TYPE_CHECKING, Final

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_handlers import ConnectionErrorRetryHandler, RateLimitErrorRetryHandler

if TYPE_CHECKING:
    from slack_sdk.http_retry import HttpRequest, HttpResponse, RetryState

SECONDS: Final = 10
UNANSWERED: Final = (SlackClientError, OSError, HTTPException)
"""What a call raises that Slack refuses, or does not answer, or answers with half a sentence."""
POSTS: Final = ("chat.postMessage", "files.completeUploadExternal")
"""Methods that show something anew each time they are called."""
TOKEN_REFUSED: Final = frozenset({"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"})
"""Errors after which the secret is read anew: it may have been rotated."""


class _Reconnecting(ConnectionErrorRetryHandler):
    def _can_retry(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        is_post = request.url.endswith(POSTS)
        return not is_post and super()._can_retry(state=state, request=request, response=response, error=error)


def patient_client(token: str, *, api: str) -> WebClient:
    """Return a client that waits as long as Slack asks, twice at most, and tries a broken connection once more.

    Not for a post: Slack may have taken it before the connection broke, so its message is first looked for.
    """
    return WebClient(
        token=token,
        base_url=api,
        timeout=SECONDS,
        retry_handlers=[RateLimitErrorRetryHandler(max_retry_count=2), _Reconnecting()],
    )


def is_token_refused(error: Exception) -> bool:
    """Tell whether Slack does not accept the bot token."""
    return isinstance(error, SlackApiError) and error.response.get("error") in TOKEN_REFUSED
