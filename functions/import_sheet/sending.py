"""Workbooks into an admin's messages with the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sop_slack import blocks as kit

if TYPE_CHECKING:
    from slack_sdk import WebClient


class Sender:
    """Puts a file into the conversation between the app and a person."""

    def __init__(self, slack: WebClient) -> None:
        """Take Slack."""
        self._slack = slack

    def send(self, user: str, *, name: str, content: bytes, words: str, channel: str | None = None) -> str:
        """Send a file with a line of our own words and return its id."""
        to = channel or str(self._slack.conversations_open(users=[user])["channel"]["id"])
        answer = self._slack.files_upload_v2(
            channel=to, filename=name, title=name, content=content, initial_comment=kit.escape(words)
        )
        return str(answer["files"][0]["id"])
