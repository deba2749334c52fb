"""The slack function's own handler, on the atomic stand-in and a Slack on loopback."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from functions.slack import app
from sop_aws import clients
from sop_aws.cases import CaseStore
from sop_aws.secrets import slack_secrets
from sop_aws.settings import SettingsStore
from sop_aws.snapshots import SnapshotStore
from sop_aws.transfers import TransferStore
from sop_core.settings_reading import merge
from tests.builders.people import ADMIN, PEOPLE
from tests.builders.sheets import PROJECTS, load_sheet
from tests.standin.aws import SIGNING_SECRET, Aws, aws  # noqa: F401 - a fixture
from tests.standin.person import Person, to_handler
from tests.standin.slack import Slack, slack_server

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The app as deployed in this process, and the people who use it."""

    aws: Aws
    slack: Slack
    cases: CaseStore
    transfers: TransferStore

    def person(self, user: str, name: str = "maya.torres") -> Person:
        return Person(user=user, slack=self.slack, send=to_handler(app.handler), secret=SIGNING_SECRET, name=name)

    def settings(self, **parts: Any) -> None:
        """Change settings, part by part."""
        store = SettingsStore(self.aws.dynamodb, self.aws.settings_table, clock=lambda: datetime.now(UTC))
        stored = store.stored()
        changed = merge(stored.settings, parts)
        store.put(changed, actor=ADMIN, at="2026-11-20T09:00:00Z", expected_version=stored.version)
        forget_container()

    def forget_settings(self) -> None:
        """Go back to the shipped defaults."""
        for item in self.aws.dynamodb.scan(TableName=self.aws.settings_table)["Items"]:
            self.aws.dynamodb.delete_item(TableName=self.aws.settings_table, Key={"pk": item["pk"], "sk": item["sk"]})

    def sheet(self, sheet_id: str = "s1", uploaded_at: str | None = None, projects: tuple[Any, ...] = PROJECTS) -> None:
        """Load and activate a transfer sheet."""
        snapshots = SnapshotStore(self.aws.s3, "files")
        load_sheet(self.transfers, snapshots, sheet_id, projects=projects, uploaded_at=uploaded_at)


def forget_container() -> None:
    """Let the next request be a cold start."""
    app._bolt.cache_clear()
    app._config.cache_clear()
    app._rotation.cache_clear()
    slack_secrets.cache_clear()
    for make in (clients._session, clients.dynamodb, clients.sqs, clients.s3, clients.secrets):
        make.cache_clear()


@pytest.fixture
def slack() -> Iterator[Slack]:
    with slack_server() as server:
        yield server


@pytest.fixture
def desk(aws: Aws, slack: Slack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:  # noqa: F811 - the fixture
    """The app with settings, and without a transfer sheet until a test loads one."""
    monkeypatch.setenv("SLACK_API_URL", slack.url)
    forget_container()
    made = Desk(
        aws=aws,
        slack=slack,
        cases=CaseStore(aws.dynamodb, aws.cases_table),
        transfers=TransferStore(aws.dynamodb, aws.transfers_table),
    )
    made.settings(**PEOPLE)
    yield made
    forget_container()
