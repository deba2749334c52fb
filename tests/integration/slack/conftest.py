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
from sop_core.settings import merge
from sop_core.transfers.matching import build
from sop_core.transfers.records import Counts, Sheet
from tests.builders.cases import a_project
from tests.standin.aws import SIGNING_SECRET, Aws, aws  # noqa: F401 - a fixture
from tests.standin.person import Person, to_handler
from tests.standin.slack import Slack, slack_server

if TYPE_CHECKING:
    from collections.abc import Iterator

AGENT, TRAINED, GUEST = "U0AGENT01", "U0AGENT02", "U0GUEST01"
PRIYA, TOM, ADMIN = "U0SPEC001", "U0SPEC002", "U0ADMIN01"
PEOPLE = {
    "roles": {
        "agent": [AGENT, TRAINED],
        "workout_plan_trained": [TRAINED],
        "resolution_specialist": [PRIYA, TOM],
        "admin": [ADMIN],
    },
    "people": {"Jonathan Lezama": "U0JLEZAMA", "elijah carr": "U0ECARR01"},
    "channels": {"resolution": "C0RESOLUT"},
}
PROJECTS = (
    a_project(),
    a_project(
        key="INF-100002",
        project_id="INF-100002",
        homeowner="Jane Dorsey",
        address="9 Elm Road",
        installer="unlisted",
        transferred_to="Sun Co",
    ),
    a_project(
        key="INF-100003", project_id="INF-100003", homeowner="Otto Nagel", address="4 Birch Lane", installer="original"
    ),
    a_project(
        key="INF-100004",
        project_id="INF-100004",
        homeowner="Ana Lima",
        address="5 Oak Court",
        installer="not_transferred",
        transferred_to=None,
    ),
    a_project(key="INF-100005", project_id="INF-100005", homeowner="Bo Chen", address="6 Ash Way", installer=None),
)


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
        at = uploaded_at or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        snapshots = SnapshotStore(self.aws.s3, "files")
        ref = snapshots.put(sheet_id, build(projects))
        self.transfers.put_projects(sheet_id, projects)
        self.transfers.create_sheet(
            Sheet(
                id=sheet_id,
                state="ready",
                version=1,
                uploaded_by=ADMIN,
                uploaded_at=at,
                file_name="Infinity Transfers v1.xlsx",
                file_sha256=sheet_id,
                counts=Counts(rows=len(projects), projects=len(projects)),
                snapshot=ref,
            )
        )
        active = self.transfers.active()
        self.transfers.activate(sheet_id, active.version if active else 0, actor=ADMIN, at=at)


def forget_container() -> None:
    """Let the next request be a cold start."""
    app._bolt.cache_clear()
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
