"""What the app itself posted: a message whose fate is unknown is looked for before it is posted again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from slack_sdk import WebClient
    from slack_sdk.web import SlackResponse

PAGE: Final = 200
CLOCKS_DIFFER: Final = 300
"""Seconds by which Slack's clock may be behind ours, at the very most."""


def marked(kind: str, **ids: str) -> dict[str, Any]:
    """Return the metadata by which a message is found again; nobody sees it, and it holds ids only.

    Slack: https://docs.slack.dev/messaging/message-metadata
    """
    return {"event_type": kind, "event_payload": ids}


def find_message(
    slack: WebClient, channel: str, mark: Mapping[str, Any], *, since: datetime, thread: str | None = None
) -> str | None:
    """Return the ``ts`` of the message with this mark that was posted after ``since``; in a thread, if it is given."""
    found = (message for message in messages(slack, channel, since, thread) if _carries(message, mark))
    return next((str(message["ts"]) for message in found), None)


def has_file(slack: WebClient, channel: str, file_id: str, *, since: datetime) -> bool:
    """Tell whether a file was shown in a channel after ``since``."""
    shared = messages(slack, channel, since, None)
    return any(file.get("id") == file_id for message in shared for file in message.get("files", ()))


def _carries(message: Mapping[str, Any], mark: Mapping[str, Any]) -> bool:
    metadata = message.get("metadata") or {}
    return all(metadata.get(name) == value for name, value in mark.items())


def messages(slack: WebClient, channel: str, since: datetime, thread: str | None) -> Iterator[Mapping[str, Any]]:
    """Yield what was posted after ``since``, whoever posted it; in a thread, if it is given."""
    cursor: str | None = None
    while True:
        page = _page(slack, channel, thread, oldest=f"{since.timestamp() - CLOCKS_DIFFER:.6f}", cursor=cursor)
        yield from page["messages"]
        cursor = (page.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return


def _page(slack: WebClient, channel: str, thread: str | None, *, oldest: str, cursor: str | None) -> SlackResponse:
    if thread is not None:
        return slack.conversations_replies(
            channel=channel, ts=thread, oldest=oldest, cursor=cursor, limit=PAGE, include_all_metadata=True
        )
    return slack.conversations_history(
        channel=channel, oldest=oldest, cursor=cursor, limit=PAGE, include_all_metadata=True
    )
