"""The four ways in which Slack fails: it asks to wait, refuses the token, leaves us unsure, or refuses for good.

And how a worker stops for want of time.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPException
from typing import TYPE_CHECKING, Final

from slack_sdk.errors import SlackApiError

from sop_http.client import TOKEN_REFUSED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from slack_sdk.web import SlackResponse

WAIT: Final = 30
WAIT_FOR_TOKEN: Final = 300

_CODE: Final = re.compile(r"[a-z0-9_]+")
# Slack says of these that part of the operation may have succeeded, or that it was cut off on the way.
_UNSURE: Final = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
_HELD: Final = frozenset({"ratelimited", "rate_limited"})


class Held(Exception):
    """Slack did nothing and asks to wait ``seconds``."""

    def __init__(self, seconds: int) -> None:
        """Carry how long to wait."""
        super().__init__(f"Slack asks to wait {seconds} s")
        self.seconds = seconds


class TokenRefused(Held):
    """Slack does not accept the bot token: the fault is ours, so no message is given up for it."""

    def __init__(self) -> None:
        """Wait long enough for somebody to mend the secret."""
        super().__init__(WAIT_FOR_TOKEN)


class OutOfTime(Held):
    """The function's own time is nearly over: what is left is for another call of it, at once."""

    def __init__(self) -> None:
        """Wait for nobody."""
        super().__init__(0)


class Unsure(Exception):
    """Slack gave no answer that tells whether it did what was asked."""


class Refused(Exception):
    """Slack will never do this; ``code`` is its word for why."""

    def __init__(self, code: str) -> None:
        """Carry Slack's error code."""
        super().__init__(code)
        self.code = code


@contextmanager
def translated() -> Iterator[None]:
    """Raise what a failed call means in place of the client's own error."""
    try:
        yield
    except SlackApiError as error:
        # The error's text quotes Slack's whole answer, so it goes no further.
        raise _meaning(error.response) from None
    except (OSError, HTTPException) as error:
        raise Unsure from error


def _meaning(answer: SlackResponse) -> Exception:
    code = str(answer.get("error") or "")
    if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS or code in _HELD:
        return Held(_retry_after(answer.headers))
    if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR or code in _UNSURE or not _CODE.fullmatch(code):
        return Unsure()
    return TokenRefused() if code in TOKEN_REFUSED else Refused(code)


def _retry_after(headers: Mapping[str, str]) -> int:
    named = {name.lower(): value for name, value in headers.items()}
    seconds = named.get("retry-after", "")
    return int(seconds) if seconds.isdecimal() else WAIT
