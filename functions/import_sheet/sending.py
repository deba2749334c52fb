"""Workbooks into an admin's messages with the app, and the jobs that send one that was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from functions.import_sheet import writing
from sop_core.times import parse
from sop_http.own_messages import has_file
from sop_http.slack_files import NewFile, share
from sop_slack import blocks as kit
from sop_slack import transfers as told

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_sdk import WebClient

    from functions.import_sheet.jobs import Attempt
    from sop_aws.transfers import TransferStore
    from sop_core.transfers.records import Job

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

    def send(self, attempt: Attempt, make: Callable[[], NewFile]) -> None:
        """Send the job's admin a file, unless an earlier attempt did: then none is made."""
        record = attempt.record
        to = record.channel or str(self._slack.conversations_open(users=[record.user])["channel"]["id"])
        if record.report and has_file(self._slack, to, record.report, since=parse(record.created_at)):
            return
        share(self._slack, to, make(), noted=lambda file_id: attempt.save(report=file_id))

    def tell(self, record: Job, sentence: str) -> None:
        """Say a sentence to the record's admin."""
        self._slack.chat_postMessage(channel=record.user, text=sentence)


@dataclass(frozen=True, kw_only=True)
class Sending:
    """Sends the workbook that was asked for, once; ``make`` returns it."""

    sender: Sender
    make: Callable[[], NewFile]

    def carry_out(self, attempt: Attempt) -> Job:
        """Make the workbook and send it."""
        self.sender.send(attempt, self.make)
        return attempt.save(state="sent")

    def give_up(self, attempt: Attempt) -> None:
        """Say that the workbook could not be sent."""
        self.sender.tell(attempt.record, told.NOT_SENT)


def template() -> NewFile:
    """Return an empty workbook to fill in."""
    return NewFile(TEMPLATE, writing.template(), kit.escape(told.TEMPLATE_WORDS))


def export(transfers: TransferStore) -> NewFile:
    """Return the transfer sheet that agents see, as a workbook."""
    active = transfers.sheets.active()
    if active is None:
        raise NothingActive
    # All are read before the first is written: a workbook given up half-way leaves its temporary file behind.
    projects = tuple(transfers.projects.all(active.sheet))
    return NewFile(EXPORT, writing.export(projects), kit.escape(told.export_words(active)))
