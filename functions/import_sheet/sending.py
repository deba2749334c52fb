"""Workbooks into an admin's messages with the app, and the jobs that send one that was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from functions.import_sheet import writing
from sop_core.times import parse
from sop_http.own_messages import find_file
from sop_slack import blocks as kit
from sop_slack import transfers as told

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_sdk import WebClient

    from functions.import_sheet.jobs import Attempt
    from sop_aws.transfers import TransferStore
    from sop_core.transfers.records import ImportRecord

TEMPLATE: Final = "Infinity Transfers template.xlsx"
EXPORT: Final = "Infinity Transfers export.xlsx"
REPORT: Final = "Rows with problems.xlsx"
HOLD_CUSTOMERS: Final = frozenset({EXPORT, REPORT})


class NothingActive(Exception):
    """There is no sheet to export. It is looked at before it is asked for, and an active one stays until the next."""


class Sender:
    """Puts a file into the conversation between the app and a person."""

    def __init__(self, slack: WebClient) -> None:
        """Take Slack."""
        self._slack = slack

    def send(self, record: ImportRecord, *, name: str, content: bytes, words: str) -> str:
        """Send the record's admin a file with a line of our own words, unless an earlier attempt did; return its id."""
        to = record.channel or str(self._slack.conversations_open(users=[record.user])["channel"]["id"])
        # Cut off between the upload and its noting, the file stands in the conversation already.
        since = parse(record.created_at)
        if record.attempts > 1 and (earlier := find_file(self._slack, to, name, since=since)):
            return earlier
        answer = self._slack.files_upload_v2(
            channel=to, filename=name, title=name, content=content, initial_comment=kit.escape(words)
        )
        return str(answer["files"][0]["id"])

    def tell(self, record: ImportRecord, sentence: str) -> None:
        """Say a sentence to the record's admin."""
        self._slack.chat_postMessage(channel=record.user, text=sentence)


class File(NamedTuple):
    """A workbook to be sent, and what is said beside it."""

    name: str
    content: bytes
    words: str


@dataclass(frozen=True, kw_only=True)
class Sending:
    """Sends the workbook that was asked for, once; ``make`` returns it."""

    sender: Sender
    make: Callable[[], File]

    def carry_out(self, attempt: Attempt) -> ImportRecord:
        """Make the workbook and send it."""
        made = self.make()
        self.sender.send(attempt.record, name=made.name, content=made.content, words=made.words)
        return attempt.save(state="sent")

    def give_up(self, attempt: Attempt) -> None:
        """Say that the workbook could not be sent."""
        self.sender.tell(attempt.record, told.NOT_SENT)


def template() -> File:
    """Return an empty workbook to fill in."""
    return File(TEMPLATE, writing.template(), told.TEMPLATE_WORDS)


def export(transfers: TransferStore) -> File:
    """Return the transfer sheet that agents see, as a workbook."""
    active = transfers.sheets.active()
    if active is None:
        raise NothingActive
    # All are read before the first is written: a workbook given up half-way leaves its temporary file behind.
    projects = tuple(transfers.projects.all(active.sheet))
    return File(EXPORT, writing.export(projects), told.export_words(active))
