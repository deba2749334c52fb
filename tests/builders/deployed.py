"""The deployed app, with people who have their roles, and a transfer sheet: ready for somebody to work with it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from sop_aws.settings import SettingsStore
from sop_aws.snapshots import SnapshotStore
from sop_aws.times import system_clock
from sop_aws.transfers import TransferStore
from sop_core.settings import Settings
from sop_core.settings_reading import merge
from tests.builders.people import ADMIN, PEOPLE
from tests.builders.sheets import load_sheet
from tests.standin.aws import SIGNING_SECRET
from tests.standin.person import Person
from tests.standin.slack import Slack, slack_server

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from infra.local.stack import Stack


@dataclass(frozen=True)
class Deployed:
    """The deployed app, the Slack that it talks to, and the wire between them."""

    stack: Stack
    slack: Slack
    http: httpx.Client

    def person(self, user: str) -> Person:
        return Person(user=user, slack=self.slack, send=self.send, secret=SIGNING_SECRET)

    def send(self, body: str, headers: Mapping[str, str]) -> tuple[int, str]:
        answer = self.http.post(self.stack.api_url, content=body.encode(), headers=dict(headers))
        return answer.status_code, answer.text

    def said(self, words: str) -> list[dict[str, Any]]:
        """Return the messages that say ``words``, the oldest first, once there are any."""

        def found() -> list[dict[str, Any]]:
            return [each for each in self.slack.messages if words in each.get("text", "")]

        self.slack.wait_until(lambda: bool(found()), seconds=60)
        return found()


@contextmanager
def deployed_app(stack: Stack, *, sheet: str | None = None) -> Iterator[Deployed]:
    """Point the stack at a new Slack, and give it the people and the sheet."""
    with slack_server() as slack, httpx.Client(timeout=60, headers={"host": stack.api_host}) as http:
        stack.point_at_slack(slack.url)
        put_people(stack)
        if sheet:
            put_sheet(stack, sheet)
        stack.warm_up()
        yield Deployed(stack, slack, http)


def put_people(stack: Stack, *, at: str = "2026-11-20T09:00:00Z") -> None:
    """Store the default settings with the people of the tests, over what is there."""
    settings = SettingsStore(stack.aws.client("dynamodb"), stack.outputs.settings_table, system_clock)
    wanted = merge(Settings.default(), PEOPLE)
    settings.put(wanted, actor=ADMIN, at=at, expected_version=settings.stored().version)


def put_sheet(stack: Stack, sheet_id: str) -> None:
    """Store the small transfer sheet and activate it."""
    transfers = TransferStore(stack.aws.client("dynamodb"), stack.outputs.transfers_table)
    load_sheet(transfers, SnapshotStore(stack.aws.client("s3"), stack.outputs.files_bucket), sheet_id)
