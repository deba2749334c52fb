"""The slack function's own handler, on the atomic stand-in and a Slack on loopback."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from functions.slack import app
from tests.builders.people import PEOPLE
from tests.builders.sheets import PROJECTS, load_sheet
from tests.standin.aws import SIGNING_SECRET, Aws, aws  # noqa: F401 - a fixture
from tests.standin.functions import cold_start
from tests.standin.person import Person, to_handler
from tests.standin.slack import Slack, slack_server
from tests.standin.stored import Stored

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(kw_only=True)
class Desk(Stored):
    """The app as deployed in this process, and the people who use it."""

    slack: Slack

    def person(self, user: str, name: str = "maya.torres") -> Person:
        return Person(user=user, slack=self.slack, send=to_handler(app.handler), secret=SIGNING_SECRET, name=name)

    def settings(self, **parts: Any) -> None:
        """Change settings, part by part; the container of before is gone then."""
        super().settings(**parts)
        cold_start()

    def forget_settings(self) -> None:
        """Go back to the shipped defaults."""
        for item in self.tables()[self.aws.settings_table]:
            self.aws.dynamodb.delete_item(TableName=self.aws.settings_table, Key={"pk": item["pk"], "sk": item["sk"]})

    def sheet(self, sheet_id: str = "s1", uploaded_at: str | None = None, projects: tuple[Any, ...] = PROJECTS) -> None:
        """Load and activate a transfer sheet."""
        load_sheet(self.transfers, self.snapshots, sheet_id, projects=projects, uploaded_at=uploaded_at)


@pytest.fixture
def slack() -> Iterator[Slack]:
    with slack_server() as server:
        yield server


@pytest.fixture
def desk(aws: Aws, slack: Slack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:  # noqa: F811 - the fixture
    """The app with settings, and without a transfer sheet until a test loads one."""
    monkeypatch.setenv("SLACK_API_URL", slack.url)
    cold_start()
    made = Desk(aws=aws, slack=slack, now=datetime(2026, 11, 20, 9, 0, tzinfo=UTC))
    made.settings(**PEOPLE)
    yield made
    cold_start()
