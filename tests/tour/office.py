"""The whole app in this process: five functions, their queues, a Slack with files, and a clock that a test moves."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from functions.deliver import app as deliver_app
from functions.import_sheet import app as import_app
from functions.import_sheet import forgetting
from functions.publish import app as publish_app
from functions.slack import app as slack_app
from functions.sweep import app as sweep_app
from sop_aws import clients
from sop_aws.cases import CaseStore
from sop_aws.secrets import slack_secrets
from sop_aws.settings import SettingsStore
from sop_aws.times import iso
from sop_aws.transfers import TransferStore
from sop_core.cases import overview
from sop_core.settings_reading import merge
from tests.builders.people import ADMIN, PEOPLE
from tests.standin.aws import SIGNING_SECRET, Aws
from tests.standin.files import SlackWithFiles, StoredFile, slack_with_files
from tests.standin.person import Context, Person, to_handler

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from tests.standin.person import Json, Send

START: Final = datetime(2027, 1, 12, 15, 0, tzinfo=UTC)
"""A Tuesday, 10:00 in New York, in office hours."""
LEAD: Final = "U0LEAD001"
MANY: Final = 10
"""So many waiting cases are many in this office: the front of its queue is counted."""
QUEUES: Final = {
    "DELIVER_QUEUE_URL": deliver_app.handler,
    "IMPORT_QUEUE_URL": import_app.handler,
    "PUBLISH_QUEUE_URL": publish_app.handler,
}
CACHES: Final = (
    slack_app._bolt,
    slack_app._config,
    deliver_app._config,
    deliver_app._queue,
    deliver_app._deliverer,
    import_app._worker,
    publish_app._publisher,
    sweep_app._settings,
    sweep_app._config,
    sweep_app._keep_shipped,
    slack_secrets,
    clients._session,
    clients.dynamodb,
    clients.sqs,
    clients.s3,
    clients.secrets,
)


class Invocation(Context):
    """What Lambda tells any of the functions of an invocation."""

    _memory_limit_in_mb = 1769

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 600_000


@dataclass
class Office:
    """One call centre with its app. Nothing happens behind its back: queues and minutes pass when they are told to."""

    aws: Aws
    slack: SlackWithFiles
    now: datetime = START
    send: Send = field(default_factory=lambda: to_handler(slack_app.handler))
    made: int = 0
    held: list[Any] = field(default_factory=list)

    def person(self, user: str, name: str = "maya.torres") -> Person:
        return Person(user=user, slack=self.slack, send=self.send, secret=SIGNING_SECRET, name=name)

    def file(self, content: bytes, name: str, mimetype: str = "application/octet-stream") -> Json:
        """Put a file into Slack; return what a file field then holds."""
        self.made += 1
        file_id = f"F0FILE{self.made:03d}"
        self.slack.files[file_id] = StoredFile(content=content, name=name, mimetype=mimetype)
        return {"files": [{"id": file_id, "name": name, "mimetype": mimetype, "size": len(content)}]}

    def work(self) -> None:
        """Let the queues' functions do all that waits, each message until it is done."""
        for _ in range(5):
            taken = [(queue, record) for queue in QUEUES for record in self.aws.records(queue)]
            for queue, record in taken:
                self._handled(queue, record)
            if not taken:
                return
        raise AssertionError("the queues never came to rest")

    def _handled(self, queue: str, record: dict[str, Any]) -> None:
        # Each function has a container of its own, and reads the secret itself.
        slack_secrets.cache_clear()
        answer = QUEUES[queue]({"Records": [record]}, Invocation())
        if answer == {"batchItemFailures": []}:
            self.aws.delete(queue, record)
        else:
            self.held.append({"QueueUrl": self.aws.environment[queue], "ReceiptHandle": record["receiptHandle"]})

    def minute(self, **later: float) -> None:
        """Let time pass, the sweep run and the queues do their work."""
        self.now += timedelta(**(later or {"minutes": 1}))
        while self.held:
            # What was to wait is to be had again: the queue's own clock did not move.
            self.aws.sqs.change_message_visibility(**self.held.pop(), VisibilityTimeout=0)
        sweep_app.handler({}, Invocation())
        self.work()

    @property
    def cases(self) -> CaseStore:
        return CaseStore(self.aws.dynamodb, self.aws.cases_table)

    @property
    def transfers(self) -> TransferStore:
        return TransferStore(self.aws.dynamodb, self.aws.transfers_table)

    def messages(self, channel: str) -> list[Json]:
        """Return what stands in a channel, blocks decoded, the oldest first."""
        found = [message for message in self.slack.messages if message["channel"] == channel]
        return [{**message, "blocks": decoded(message.get("blocks"))} for message in found]


def decoded(blocks: Any) -> list[Json]:
    """Return blocks as they were built: a client may send them as text."""
    found: list[Json] = json.loads(blocks) if isinstance(blocks, str) else blocks or []
    return found


@contextmanager
def an_office(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """Open the office with its people, and nothing else."""
    with slack_with_files() as slack:
        monkeypatch.setenv("SLACK_API_URL", slack.url)
        monkeypatch.setattr(overview, "LONG", MANY - 1)
        # Whoever forgets looks through the runs of a year, a query a day.
        monkeypatch.setattr(forgetting, "A_STEP", 1)
        monkeypatch.setattr(forgetting, "LONGEST_KEPT", 1)
        forget_containers()
        office = Office(aws, slack)
        for module in (slack_app, deliver_app, import_app, publish_app, sweep_app):
            monkeypatch.setattr(module, "system_clock", lambda: office.now)
        for module in (deliver_app, import_app, publish_app, sweep_app):
            monkeypatch.setattr(module.metrics.provider, "namespace", "SopDesk")
        settings = SettingsStore(aws.dynamodb, aws.settings_table, clock=lambda: office.now)
        people = {**PEOPLE, "roles": {**PEOPLE["roles"], "lead": [LEAD]}}
        settings.put(merge(settings.stored().settings, people), actor=ADMIN, at=iso(office.now), expected_version=0)
        slack.groups = {"S0AGENTS": [], "S0MORE": []}
        yield office
        forget_containers()


def forget_containers() -> None:
    """Let the next invocation of every function be a cold start."""
    for cache in CACHES:
        cache.cache_clear()
