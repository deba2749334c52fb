"""Slack as ``deliver`` sees it: post, update, find one's own message, send a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from functions.deliver.failures import translated
from sop_aws.times import parse
from sop_http.slack_files import upload

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from slack_sdk import WebClient
    from slack_sdk.web import SlackResponse

    from sop_aws.deliveries import Delivery
    from sop_slack.blocks import Message

EVENT_TYPE: Final = "sop_desk_delivery"
PAGE: Final = 200
CLOCKS_DIFFER: Final = 300


class Chat:
    """Slack's Web API. The client must not retry by itself: a repeated post is a second message."""

    def __init__(self, client: WebClient) -> None:
        """Take a client with the bot's token, a timeout and no retry handlers."""
        self._client = client

    def post(self, channel: str, message: Message, *, row: Delivery, thread: str | None = None) -> str:
        """Post a message that carries the row's id, and return its ``ts``."""
        with translated():
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
        with translated():
            self._client.chat_update(channel=channel, ts=ts, text=message.text, blocks=list(message.blocks))

    def find(self, channel: str, *, row: Delivery, thread: str | None = None) -> str | None:
        """Return the ``ts`` of the message that carries the row's id, if Slack has it."""
        with translated():
            return next((str(m["ts"]) for m in self._messages(channel, row, thread) if _carries(m, row)), None)

    def direct(self, person: str) -> str:
        """Return the channel of the direct messages with a person."""
        with translated():
            return str(self._client.conversations_open(users=person)["channel"]["id"])

    def send_file(self, channel: str, name: str, content: bytes, *, comment: str) -> None:
        """Upload a file and share it.

        Slack: https://docs.slack.dev/messaging/working-with-files
        """
        with translated():
            place = self._client.files_getUploadURLExternal(filename=name, length=len(content))
            upload(str(place["upload_url"]), content, api=self._client.base_url)
            self._client.files_completeUploadExternal(
                files=[{"id": place["file_id"], "title": name}], channel_id=channel, initial_comment=comment
            )

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
