"""Slack as ``deliver`` sees it: post, update, find one's own message, send a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from functions.deliver.failures import translated
from sop_aws.deliveries import EVENT_TYPE
from sop_core.times import parse
from sop_http.own_messages import find_message, has_file, marked
from sop_http.slack_files import share

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_sdk import WebClient

    from sop_aws.deliveries import Delivery
    from sop_http.slack_files import NewFile
    from sop_slack.blocks import Message


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
                metadata=marked(EVENT_TYPE, delivery=row.id),
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
            mark = marked(EVENT_TYPE, delivery=row.id)
            return find_message(self._client, channel, mark, since=parse(row.created_at), thread=thread)

    def direct(self, person: str) -> str:
        """Return the channel of the direct messages with a person."""
        with translated():
            return str(self._client.conversations_open(users=person)["channel"]["id"])

    def has_file(self, channel: str, *, row: Delivery) -> bool:
        """Tell whether an earlier attempt at the row has sent its file: it may have died before it could say."""
        if row.file is None:
            return False
        with translated():
            return has_file(self._client, channel, row.file, since=parse(row.created_at))

    def send_file(self, channel: str, file: NewFile, *, noted: Callable[[str], object]) -> None:
        """Upload a file and share it; ``noted`` hears its id before anybody sees it."""
        with translated():
            share(self._client, channel, file, noted=noted)
