"""Slack as ``deliver`` sees it: post, update, find one's own message; and four ways in which that can fail."""

from __future__ import annotations

import re
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final

from slack_sdk.errors import SlackApiError

from sop_aws.times import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from slack_sdk import WebClient
    from slack_sdk.web import SlackResponse

    from sop_aws.deliveries import Delivery
    from sop_slack.blocks import Message

EVENT_TYPE: Final = "sop_desk_delivery"
PAGE: Final = 200
CLOCKS_DIFFER: Final = 300
WAIT: Final = 30
WAIT_FOR_TOKEN: Final = 300

_CODE: Final = re.compile(r"[a-z0-9_]+")
# Slack says of these that part of the operation may have succeeded, or that it was cut off on the way.
_UNSURE: Final = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
_HELD: Final = frozenset({"ratelimited", "rate_limited"})
_TOKEN: Final = frozenset({"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"})


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


class Unsure(Exception):
    """Slack gave no answer that tells whether it did what was asked."""


class Refused(Exception):
    """Slack will never do this; ``code`` is its word for why."""

    def __init__(self, code: str) -> None:
        """Carry Slack's error code."""
        super().__init__(code)
        self.code = code


class Chat:
    """Slack's Web API. The client must not retry by itself: a repeated post is a second message."""

    def __init__(self, client: WebClient) -> None:
        """Take a client with the bot's token, a timeout and no retry handlers."""
        self._client = client

    def post(self, channel: str, message: Message, *, row: Delivery, thread: str | None = None) -> str:
        """Post a message that carries the row's id, and return its ``ts``."""
        with _translated():
            answer = self._client.chat_postMessage(
                channel=channel,
                text=message.text,
                blocks=list(message.blocks),
                thread_ts=thread,
                metadata={"event_type": EVENT_TYPE, "event_payload": {"delivery": row.id}},
                unfurl_links=False,
                unfurl_media=False,
            )
        return str(answer["ts"])

    def update(self, channel: str, ts: str, message: Message) -> None:
        """Replace a message; its metadata stays."""
        with _translated():
            self._client.chat_update(channel=channel, ts=ts, text=message.text, blocks=list(message.blocks))

    def find(self, channel: str, *, row: Delivery, thread: str | None = None) -> str | None:
        """Return the ``ts`` of the message that carries the row's id, if Slack has it."""
        with _translated():
            return next((str(m["ts"]) for m in self._messages(channel, row, thread) if _carries(m, row)), None)

    def direct(self, person: str) -> str:
        """Return the channel of the direct messages with a person."""
        with _translated():
            return str(self._client.conversations_open(users=person)["channel"]["id"])

    def _messages(self, channel: str, row: Delivery, thread: str | None) -> Iterator[Mapping[str, Any]]:
        oldest = f"{parse(row.created_at).timestamp() - CLOCKS_DIFFER:.6f}"
        cursor: str | None = None
        while True:
            page = self._page(channel, thread, oldest=oldest, cursor=cursor)
            yield from page["messages"]
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return

    def _page(self, channel: str, thread: str | None, *, oldest: str, cursor: str | None) -> SlackResponse:
        if thread is not None:
            return self._client.conversations_replies(
                channel=channel, ts=thread, oldest=oldest, cursor=cursor, limit=PAGE, include_all_metadata=True
            )
        return self._client.conversations_history(
            channel=channel, oldest=oldest, cursor=cursor, limit=PAGE, include_all_metadata=True
        )


def _carries(message: Mapping[str, Any], row: Delivery) -> bool:
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    return metadata.get("event_type") == EVENT_TYPE and payload.get("delivery") == row.id


@contextmanager
def _translated() -> Iterator[None]:
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
    return TokenRefused() if code in _TOKEN else Refused(code)


def _retry_after(headers: Mapping[str, str]) -> int:
    named = {name.lower(): value for name, value in headers.items()}
    seconds = named.get("retry-after", "")
    return int(seconds) if seconds.isdecimal() else WAIT
