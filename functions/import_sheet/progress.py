"""The one message that tells an admin how a job goes: posted once, then updated, at most once a second."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from slack_sdk.errors import SlackApiError

from sop_core.times import parse
from sop_http.client import UNANSWERED
from sop_http.own_messages import find_message, marked
from sop_slack import forgetting as erased
from sop_slack import transfers as told

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_sdk import WebClient

    from sop_core.transfers.records import Job
    from sop_slack.blocks import Message

MARK: Final = "sop_desk_import"
SECOND: Final = 1.0


class Progress:
    """Speaks to one admin about one import; to nobody where the import has no user."""

    def __init__(self, slack: WebClient, *, ticks: Callable[[], float]) -> None:
        """Take Slack and a clock that counts seconds."""
        self._slack = slack
        self._ticks = ticks
        self._words = told
        self._shown_at: float | None = None
        self.channel: str | None = None
        self.ts: str | None = None

    def start(self, record: Job) -> None:
        """Post the message, or find the one of an earlier attempt."""
        if not record.user:
            return
        self._words = erased if record.kind == "forget" else told
        self.channel = record.channel or str(self._slack.conversations_open(users=[record.user])["channel"]["id"])
        self.ts = record.ts or (self._earlier(record) if record.attempts > 1 else None) or self._post(record.id)

    def show(self, stage: str, done: int = 0, total: int = 0, unit: str = "") -> None:
        """Show how far it is, unless that was shown less than a second ago. A failure to do so stops nothing."""
        now = self._ticks()
        if self._shown_at is not None and now - self._shown_at < SECOND:
            return
        self._shown_at = now
        try:
            self._update(self._words.progress(stage, done, total, unit))
        except UNANSWERED:
            return

    def finish(self, message: Message) -> None:
        """Show the outcome; raises if Slack does not take it, so that the import is not over before it is told."""
        try:
            self._update(message)
        except SlackApiError as error:
            if error.response.get("error") not in {"message_not_found", "cant_update_message", "edit_window_closed"}:
                raise
            self._slack.chat_postMessage(channel=str(self.channel), text=message.text, blocks=list(message.blocks))

    def _update(self, message: Message) -> None:
        if self.channel and self.ts:
            self._slack.chat_update(channel=self.channel, ts=self.ts, text=message.text, blocks=list(message.blocks))

    def _post(self, import_id: str) -> str:
        first = self._words.queued()
        answer = self._slack.chat_postMessage(
            channel=str(self.channel),
            text=first.text,
            blocks=list(first.blocks),
            metadata=marked(MARK, **{"import": import_id}),
        )
        return str(answer["ts"])

    def _earlier(self, record: Job) -> str | None:
        since = parse(record.created_at)
        return find_message(self._slack, str(self.channel), marked(MARK, **{"import": record.id}), since=since)
