"""The world around the functions: a local AWS, a Slack, the triggers between them, and the people who try again."""

from __future__ import annotations

from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.request import Request, urlopen

from msgspec.structs import replace

from infra.local.aws import LocalAws, bare_environment
from infra.local.stack import MINISTACK, ROOT
from infra.wholeness import Stored as Everything
from sop_core.times import iso
from tests.builders.people import PEOPLE
from tests.builders.sheets import load_sheet
from tests.crash import truths
from tests.crash.container import Order, Outcome
from tests.crash.invoking import Container, Unsettled
from tests.standin.aws import SIGNING_SECRET, WRITES_IN_BATCH, create
from tests.standin.files import SlackWithFiles, slack_with_files
from tests.standin.functions import QUEUES
from tests.standin.person import Person, http_event
from tests.standin.stored import START, Stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

A_MOMENT: Final = timedelta(seconds=5)
"""After it somebody who gets no answer tries again."""
A_WHILE: Final = timedelta(minutes=2)
"""From one look at what is left to the next: past every lease, so that the sweep may take it up."""
PATIENCE: Final = 12
"""How many such looks everything must be settled within."""
TRIES: Final = 3
REMEMBERED: Final = tuple(
    each.name for each in fields(SlackWithFiles) if each.name not in {"url", "page", "lock", "stopped"}
)
"""What the stand-in Slack keeps: all but what makes it a server."""


class Died(Exception):
    """The function that was to answer a person ended without an answer."""


@dataclass(frozen=True)
class Kill:
    """Where to end a process: after a call of an invocation, both counted from one, or (0) before its first call."""

    invocation: int
    call: int


Invocation = tuple[str, tuple[str, ...]]
"""A function and the external calls it began."""


@dataclass(frozen=True, kw_only=True)
class Memory:
    """A world as it was: the time, the items of each table, the stored files, what Slack knows."""

    now: datetime
    items: Mapping[str, Sequence[Mapping[str, Any]]]
    objects: Mapping[str, bytes]
    slack: Mapping[str, Any]


@dataclass(kw_only=True)
class World(Stored):
    """One call centre with its app. Every invocation is counted from the last :meth:`start_counting`."""

    local: LocalAws
    slack: SlackWithFiles
    container: Container
    kill: Kill | None = None
    was_killed: bool = False
    invocations: list[Invocation] = field(default_factory=list)

    # What people do

    def person(self, user: str, name: str = "maya.torres") -> Person:
        return Person(user=user, slack=self.slack, send=self._send, secret=SIGNING_SECRET, name=name)

    def insist(self, action: Callable[[], object]) -> None:
        """Do something as a person does who gets no answer: once more."""
        for _ in range(TRIES):
            try:
                action()
            except Died:
                self.now += A_MOMENT
                continue
            return
        raise Unsettled("nobody tries that often")

    def _send(self, body: str, headers: Mapping[str, str]) -> tuple[int, str]:
        outcome = self.invoke("slack", http_event(body, headers))
        if outcome.answer is None:
            raise Died
        return int(outcome.answer["statusCode"]), str(outcome.answer.get("body", ""))

    # What AWS does

    def invoke(self, function: str, event: Any) -> Outcome:
        """Run a function once; where a kill is due, it ends there."""
        order = Order(function=function, event=event, now=self.now)
        if self.kill is not None and self.kill.invocation == len(self.invocations) + 1:
            order = replace(order, call=self.kill.call)
        outcome = self.container.carry_out(order)
        self.invocations.append((function, outcome.calls))
        if outcome.was_killed:
            self.was_killed = True
            self.look()
        if outcome.code and not outcome.was_killed:
            raise Unsettled(f"{function} failed by itself; its log says why")
        return outcome

    def look(self) -> None:
        """Check what must be true at every moment."""
        truths.no_message_twice(self.slack.messages)
        truths.check(Everything(*map(tuple, self.tables().values())), self.keys())

    def settle(self) -> None:
        """Let queues, their retries and the minute's sweep do their work until nothing is left to do."""
        for _ in range(PATIENCE):
            self._empty_queues()
            if not self._is_anything_left():
                return
            self.now += A_WHILE
            self.invoke("sweep", {})
        raise Unsettled("rows are still pending")

    def _empty_queues(self) -> None:
        while taken := [message for queue, function in QUEUES.items() for message in self._taken(queue, function)]:
            for function, record in taken:
                self._trigger(function, record)

    def lose_messages(self) -> None:
        """Let no wake-up arrive."""
        for queue, function in QUEUES.items():
            for _ in self._taken(queue, function):
                """It is gone."""

    def _taken(self, queue: str, function: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for record in self.aws.records(queue):
            self.aws.delete(queue, record)
            yield function, record

    def _trigger(self, function: str, record: dict[str, Any]) -> None:
        for tried in range(1, TRIES + 1):
            received = record["attributes"] | {"ApproximateReceiveCount": str(tried)}
            answer = self.invoke(function, {"Records": [record | {"attributes": received}]}).answer
            if answer == {"batchItemFailures": []}:
                return
            self.now += A_WHILE

    def _is_anything_left(self) -> bool:
        later = iso(self.now + A_WHILE * 1000)
        rows = self.aws.dynamodb.scan(TableName=self.aws.cases_table, IndexName="pending")["Items"]
        return bool(rows or self.transfers.jobs.due(later))

    # From one crash to the next

    def open_for_the_day(self) -> None:
        """Forget everything; what is left is an app with its people and a transfer sheet."""
        self._empty()
        self.settings(**PEOPLE)
        load_sheet(self.transfers, self.snapshots, "s1", uploaded_at=iso(self.now))

    def remember(self) -> Memory:
        """Return all that is stored, and Slack, as they are now. The queues must be empty."""
        return Memory(
            now=self.now,
            items=self.tables(),
            objects=self.objects(),
            slack={name: deepcopy(getattr(self.slack, name)) for name in REMEMBERED},
        )

    def recall(self, memory: Memory) -> None:
        """Let everything be as it was."""
        self._empty()
        self.now = memory.now
        for table, items in memory.items.items():
            puts: list[Any] = [{"PutRequest": {"Item": item}} for item in items]
            for at in range(0, len(puts), WRITES_IN_BATCH):
                self.aws.dynamodb.batch_write_item(RequestItems={table: puts[at : at + WRITES_IN_BATCH]})
        for key, content in memory.objects.items():
            self.aws.s3.put_object(Bucket=self.aws.files_bucket, Key=key, Body=content)
        for name, value in memory.slack.items():
            setattr(self.slack, name, deepcopy(value))

    def _empty(self) -> None:
        urlopen(Request(f"{self.local.endpoint}/_ministack/reset", method="POST"), timeout=10).close()  # noqa: S310 - loopback
        create(self._client)
        new = SlackWithFiles()
        for name in REMEMBERED:
            setattr(self.slack, name, getattr(new, name))
        self.now, self.kill, self.was_killed = START, None, False

    def _client(self, service: str) -> Any:
        return {
            "dynamodb": self.aws.dynamodb,
            "sqs": self.aws.sqs,
            "s3": self.aws.s3,
            "secretsmanager": self.aws.secrets,
        }[service]

    def start_counting(self, kill: Kill | None) -> None:
        """Count invocations from here, and end one of them at its call."""
        self.invocations.clear()
        self.kill = kill


@contextmanager
def a_world(folder: Path) -> Iterator[World]:
    """Run a world, its files and the functions' log in ``folder``."""
    with LocalAws(folder, MINISTACK) as local, slack_with_files() as slack, (folder / "functions.log").open("w") as log:
        aws = create(local.client)
        environment = bare_environment(
            **aws.environment,
            AWS_ENDPOINT_URL=local.endpoint,
            SLACK_API_URL=slack.url,
            PYTHONPATH=f"{ROOT}:{ROOT / 'layers' / 'shared'}",
            POWERTOOLS_METRICS_NAMESPACE="SopDesk",
            POWERTOOLS_SERVICE_NAME="crash",
        )
        container = Container(environment, log)
        try:
            yield World(aws=aws, local=local, slack=slack, container=container)
        finally:
            container.stop()
