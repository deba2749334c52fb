"""Workbooks into an admin's messages with the app."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from sop_http.own_messages import find_file
from sop_slack import blocks as kit

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from sop_core.transfers.records import ImportRecord

TEMPLATE: Final = "Infinity Transfers template.xlsx"
EXPORT: Final = "Infinity Transfers export.xlsx"
REPORT: Final = "Rows with problems.xlsx"
HOLD_CUSTOMERS: Final = frozenset({EXPORT, REPORT})


class Sender:
    """Puts a file into the conversation between the app and a person."""

    def __init__(self, slack: WebClient) -> None:
        """Take Slack."""
        self._slack = slack

    def send(self, record: ImportRecord, *, name: str, content: bytes, words: str) -> str:
        """Send the record's admin a file with a line of our own words, unless an earlier attempt did; return its id."""
        to = record.channel or str(self._slack.conversations_open(users=[record.user])["channel"]["id"])
        # Cut off between the upload and its noting, the file stands in the conversation already.
        since = datetime.fromisoformat(record.created_at)
        if record.attempts > 1 and (earlier := find_file(self._slack, to, name, since=since)):
            return earlier
        answer = self._slack.files_upload_v2(
            channel=to, filename=name, title=name, content=content, initial_comment=kit.escape(words)
        )
        return str(answer["files"][0]["id"])
