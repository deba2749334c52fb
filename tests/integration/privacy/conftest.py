"""All functions as deployed, in this process, with one Slack and one AWS: whoever acts, everything runs to its end."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest

from functions.deliver import app as deliver
from functions.import_sheet import app as import_sheet
from functions.import_sheet import forgetting
from functions.publish import app as publish
from functions.slack import app as slack_app
from functions.sweep import app as sweep
from sop_aws import clients
from sop_aws.cases import CaseStore
from sop_aws.secrets import slack_secrets
from sop_aws.settings import SettingsStore
from sop_aws.transfers import TransferStore
from sop_core.settings_reading import merge
from tests.builders.people import ADMIN, PEOPLE
from tests.standin.aws import SIGNING_SECRET, Aws, aws
from tests.standin.files import SlackWithFiles, slack_with_files
from tests.standin.person import Context, Person, to_handler

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["aws"]

QUEUES: Final = {"DELIVER_QUEUE_URL": deliver, "IMPORT_QUEUE_URL": import_sheet, "PUBLISH_QUEUE_URL": publish}
MOST_ROUNDS: Final = 30


@dataclass(frozen=True)
class House:
    """The app, its people, and what its stores hold."""

    aws: Aws
    slack: SlackWithFiles

    def person(self, user: str, name: str = "maya.torres") -> Person:
        return Person(user=user, slack=self.slack, send=to_handler(slack_app.handler), secret=SIGNING_SECRET, name=name)

    def settle(self) -> None:
        """Let queues and functions work until no message is left."""
        for _ in range(MOST_ROUNDS):
            taken = [self._take(queue, app) for queue, app in QUEUES.items()]
            if not any(taken):
                return
        raise AssertionError("there is always more to do")

    def sweep(self) -> None:
        sweep.handler({}, Context(seconds=900))
        self.settle()

    def _take(self, queue: str, app: Any) -> bool:
        records = self.aws.records(queue)
        for record in records:
            answer = app.handler({"Records": [record]}, Context(seconds=900))
            if not answer["batchItemFailures"]:
                self.aws.delete(queue, record)
        return bool(records)

    @property
    def cases(self) -> CaseStore:
        return CaseStore(self.aws.dynamodb, self.aws.cases_table)

    @property
    def transfers(self) -> TransferStore:
        return TransferStore(self.aws.dynamodb, self.aws.transfers_table)

    def tables(self) -> dict[str, str]:
        """Return everything that the tables hold, by table, as text."""
        names = (self.aws.cases_table, self.aws.transfers_table, self.aws.settings_table)
        found = {}
        for name in names:
            pages = self.aws.dynamodb.get_paginator("scan").paginate(TableName=name)
            items = [item for page in pages for item in page["Items"]]
            found[name] = json.dumps(items, ensure_ascii=False, default=repr)
        return found

    def objects(self) -> dict[str, bytes]:
        """Return everything that the bucket holds, by key."""
        keys = [each["Key"] for each in self.aws.s3.list_objects_v2(Bucket="files").get("Contents", ())]
        return {key: self.aws.s3.get_object(Bucket="files", Key=key)["Body"].read() for key in keys}

    def settings(self, **parts: Any) -> None:
        store = SettingsStore(self.aws.dynamodb, self.aws.settings_table, clock=lambda: datetime.now(UTC))
        stored = store.stored()
        changed = merge(stored.settings, parts)
        store.put(changed, actor=ADMIN, at="2026-11-20T09:00:00Z", expected_version=stored.version)


def cold_start() -> None:
    """Let every function begin as a new container does."""
    for module in (slack_app, deliver, import_sheet, publish, sweep):
        for made in vars(module).values():
            if hasattr(made, "cache_clear") and getattr(made, "__module__", "") == module.__name__:
                made.cache_clear()
    slack_secrets.cache_clear()
    for make in (clients._session, clients.dynamodb, clients.sqs, clients.s3, clients.secrets):
        make.cache_clear()


@pytest.fixture
def house(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    with slack_with_files() as slack:
        monkeypatch.setenv("SLACK_API_URL", slack.url)
        # Nobody of these tests began anything earlier, and each day costs a query.
        monkeypatch.setattr(forgetting, "LONGEST_KEPT", 60)
        cold_start()
        made = House(aws, slack)
        made.settings(**PEOPLE)
        yield made
        cold_start()
