"""The time that a request may wait for Slack: Slack itself waits three seconds for the answer."""

from __future__ import annotations

import time
from contextvars import ContextVar
from typing import Any, Final

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sop_http.client import is_token_refused

SECONDS: Final = 2.5
"""For all calls of a request together; the rest of Slack's three seconds is for our own work."""

_left: ContextVar[float | None] = ContextVar("left", default=None)
_refused: ContextVar[bool] = ContextVar("refused", default=False)


def begin() -> None:
    """Give the request at hand its time."""
    _left.set(SECONDS)
    _refused.set(False)


def was_token_refused() -> bool:
    """Return whether Slack refused the bot token to the request at hand, whatever came of it."""
    return _refused.get()


class PromptClient(WebClient):
    """A client for the way to the answer: all calls of a request share the time that it may wait for Slack.

    Nothing is tried twice. A call for which no time is left is not made: ``TimeoutError``, as from a slow one.
    """

    def __init__(self, *, token: str | None, base_url: str) -> None:
        """Take the token and where Slack is."""
        super().__init__(token=token, base_url=base_url, retry_handlers=[])

    def api_call(self, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - the library's own signature
        """Call a method of Slack's, as the library does, within the time that is left."""
        left = _left.get()
        left = SECONDS if left is None else left
        if left <= 0:
            raise TimeoutError
        self.timeout = left  # type: ignore[assignment]  # whole seconds say the types, urllib takes parts of one
        began = time.monotonic()
        try:
            return super().api_call(*arguments, **named)
        except SlackApiError as error:
            _refused.set(_refused.get() or is_token_refused(error))
            raise
        finally:
            _left.set(left - (time.monotonic() - began))
