"""Workbooks into an admin's messages with the app."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from sop_slack import blocks as kit

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from sop_core.transfers.records import ImportRecord

LOOKED_BACK: Final = 50


class Sender:
    """Puts a file into the conversation between the app and a person."""

    def __init__(self, slack: WebClient) -> None:
        """Take Slack."""
        self._slack = slack

    def send(self, record: ImportRecord, *, name: str, content: bytes, words: str) -> str:
        """Send the record's admin a file with a line of our own words, unless an earlier attempt did; return its id."""
        to = record.channel or str(self._slack.conversations_open(users=[record.user])["channel"]["id"])
        if record.attempts > 1 and (earlier := self._earlier(to, record, name)):
            return earlier
        answer = self._slack.files_upload_v2(
            channel=to, filename=name, title=name, content=content, initial_comment=kit.escape(words)
        )
        return str(answer["files"][0]["id"])

    def _earlier(self, channel: str, record: ImportRecord, name: str) -> str | None:
        # Cut off between the upload and its noting, the file stands in the conversation already.
        answer = self._slack.conversations_history(
            channel=channel,
            oldest=str(int(datetime.fromisoformat(record.created_at).timestamp())),
            limit=LOOKED_BACK,
        )
        files = (file for message in answer["messages"] for file in message.get("files", ()))
        return next((str(file["id"]) for file in files if file.get("title") == name), None)
