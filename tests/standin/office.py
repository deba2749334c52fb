"""The whole app in this process: five functions, their queues, a Slack with files, and a clock that a test moves."""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from functions.import_sheet import forgetting
from sop_aws.secrets import slack_secrets
from sop_core.cases import overview
from tests.builders.people import LEAD, PEOPLE
from tests.standin.aws import SIGNING_SECRET, aws_of_functions
from tests.standin.files import SlackWithFiles, StoredFile, slack_with_files
from tests.standin.functions import FEW_DAYS, FUNCTIONS, QUEUES, cold_start
from tests.standin.person import Context, Person, to_handler
from tests.standin.stored import Stored

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.standin.person import Json, Send

MANY: Final = 10
"""So many waiting cases are many in this office: the front of its queue is counted."""
MOST_ROUNDS: Final = 30
FILES: Final = itertools.count(1)


def slack_function(event: Json, context: Any) -> Json:
    """Invoke the slack function; its handler is looked up anew, as whoever records puts another in its place."""
    answer: Json = FUNCTIONS["slack"].handler(event, context)
    return answer


@dataclass(kw_only=True)
class Office(Stored):
    """One call centre with its app. Nothing happens behind its back: queues and minutes pass when they are told to."""

    slack: SlackWithFiles
    send: Send = field(default_factory=lambda: to_handler(slack_function))
    held: dict[str, Any] = field(default_factory=dict)
    """The messages that a function could not yet be done with, by id."""

    def person(self, user: str, name: str = "maya.torres") -> Person:
        return Person(user=user, slack=self.slack, send=self.send, secret=SIGNING_SECRET, name=name)

    def file(self, content: bytes, name: str = StoredFile.name, mimetype: str = StoredFile.mimetype) -> Json:
        """Put a file into Slack; return what a file field then holds."""
        file_id = f"F0FILE{next(FILES):04d}"
        self.slack.files[file_id] = StoredFile(content=content, name=name, mimetype=mimetype)
        return {"files": [{"id": file_id, "name": name, "mimetype": mimetype, "size": len(content)}]}

    def work(self) -> None:
        """Let the queues' functions do all that waits, each message until it is done."""
        for _ in range(MOST_ROUNDS):
            taken = [(queue, record) for queue in QUEUES for record in self.aws.records(queue)]
            for queue, record in taken:
                self._handled(queue, record)
            if not taken:
                return
        raise AssertionError("the queues never came to rest")

    def _handled(self, queue: str, record: dict[str, Any]) -> None:
        answer = self._invoked(QUEUES[queue], {"Records": [record]})
        if answer == {"batchItemFailures": []}:
            self.aws.delete(queue, record)
            self.held.pop(record["messageId"], None)
        else:
            waiting = {"QueueUrl": self.aws.environment[queue], "ReceiptHandle": record["receiptHandle"]}
            self.held[record["messageId"]] = waiting

    def _invoked(self, function: str, event: Json) -> Any:
        # Each function has a container of its own, and reads the secret itself.
        slack_secrets.cache_clear()
        return FUNCTIONS[function].handler(event, Context(seconds=900))

    def minute(self, **later: float) -> None:
        """Let time pass, the sweep run and the queues do their work."""
        self.now += timedelta(**(later or {"minutes": 1}))
        while self.held:
            # What was to wait is to be had again: the queue's own clock did not move.
            self.aws.sqs.change_message_visibility(**self.held.popitem()[1], VisibilityTimeout=0)
        self._invoked("sweep", {})
        self.work()


@contextmanager
def an_office() -> Iterator[Office]:
    """Open the office with its people, and nothing else; it has an AWS and an environment of its own."""
    with pytest.MonkeyPatch.context() as patches, aws_of_functions(patches) as aws, slack_with_files() as slack:
        patches.setenv("SLACK_API_URL", slack.url)
        patches.setattr(overview, "LONG", MANY - 1)
        for name, days in FEW_DAYS.items():
            patches.setattr(forgetting, name, days)
        cold_start()
        office = Office(aws=aws, slack=slack)
        for function in FUNCTIONS.values():
            patches.setattr(function, "system_clock", lambda: office.now)
        office.settings(**PEOPLE)
        office.settings(roles={"lead": [LEAD]})
        slack.groups = {"S0AGENTS": [], "S0MORE": []}
        yield office
        cold_start()
