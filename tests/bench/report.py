"""The report of a month with ten thousand cases, as ``deliver`` makes it: processor time and memory.

DynamoDB's pages come from this process, in the bytes that AWS sends, so that botocore's share is in the figures.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import deque
from datetime import UTC, date, datetime, timedelta
from time import process_time
from typing import TYPE_CHECKING, Any, Final

import boto3
import msgspec
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from sop_aws.cases import event_item
from sop_aws.deliveries import file_asked_for
from sop_aws.queue import CaseQueue
from sop_aws.runs import run_item
from sop_core import procedures
from sop_core.guidance import guidance
from sop_core.settings import Settings
from tests.bench.measure import MEGABYTE, Measure, peak
from tests.builders.cases import an_event
from tests.builders.desk import a_run
from tests.builders.template import RESOURCES

if TYPE_CHECKING:
    from collections.abc import Iterator

CASES: Final = 10_000
"""A case has three events, and is one call of ten."""
RUNS: Final = 100_000
DAYS: Final = 30
ONE_PROCESSOR: Final = 1769
"""MB of memory with which Lambda gives one whole processor."""
PAGE_SECONDS: Final = 0.05
"""Assumed, as the waits of :mod:`tests.bench.cost` are: until a page of 1 MB is there."""
BAR_SECONDS, BAR_MEGABYTES = 45, 256
"""The function has a minute, for what it may have to ask Slack too."""
DAY: Final = b"2026-11-01"


def measures() -> Iterator[Measure]:
    """Yield what a process of its own took, as Lambda would have it with deliver's memory."""
    done = subprocess.run([sys.executable, "-m", __name__], capture_output=True, text=True, check=True)
    own, held, pages = msgspec.json.decode(done.stdout, type=tuple[float, float, int])
    memory = RESOURCES["DeliverFunction"]["Properties"]["MemorySize"]
    took = own * ONE_PROCESSOR / memory + pages * PAGE_SECONDS
    name = f"report: a month of {CASES:,} cases and {RUNS:,} runs"
    figure = f"about {took:.0f} s with {memory:,} MB: {own:.1f} s of processor, {pages} pages read"
    yield Measure(f"{name}, time", figure, f"< {BAR_SECONDS} s", took < BAR_SECONDS)
    yield Measure(f"{name}, memory", f"{held:.0f} MB", f"< {BAR_MEGABYTES} MB", held < BAR_MEGABYTES)


class Month:
    """DynamoDB with the same day thirty times; answers queries of the index ``by_day``."""

    def __init__(self) -> None:
        chance = random.Random(7)  # noqa: S311 - not a secret
        runs = [_run(number, chance) for number in range(RUNS // DAYS)]
        self._days = {b"RUNS": tuple(_pages(runs)), b"EVENTS": tuple(_pages(_events()))}
        self._rest: deque[bytes] = deque()
        self.served = 0

    def answer(self, request: Any, **_: object) -> Any:
        """Return the next page of the day that is asked for, or nothing for a day outside of the month."""
        asked = msgspec.json.decode(request.body)
        assert asked["ProjectionExpression"] == "#body"
        kind, _, day = asked["ExpressionAttributeValues"][":day"]["S"].encode().partition(b"#")
        if "ExclusiveStartKey" not in asked:
            is_within = b"2026-11-01" <= day <= b"2026-11-30"
            self._rest = deque(self._days[kind] if is_within else [b'{"Items":[]}'])
        self.served += 1
        body = self._rest.popleft().replace(DAY, day)
        if self._rest:
            body = body[:-1] + b',"LastEvaluatedKey":{"pk":{"S":"next"}}}'
        return AWSResponse(request.url, 200, HTTPHeaders(), _Raw(body))


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self._body


def _run(number: int, chance: random.Random) -> Any:
    procedure = procedures.load(chance.choice(procedures.names()))
    facts: dict[str, Any] = {}
    while (ask := guidance(procedure, facts).ask) is not None and chance.random() > 0.05:
        facts[ask.fact] = chance.choice(ask.answers).value
    state: Any = "active" if ask else "done"
    began = f"{DAY.decode()}T{15 + number % 8}:{number % 60:02d}:00Z"
    seen = tuple(f"{number:08d}-{place}" for place in range(8))
    run = msgspec.structs.replace(
        a_run(f"run-{number}"), procedure=procedure.name, facts=facts, state=state, started_at=began, seen=seen
    )
    return run_item(run)


def _events() -> list[Any]:
    steps = (("open", None, "open"), ("claim", "open", "claimed"), ("close", "claimed", "closed"))
    return [
        event_item(
            an_event(
                case=f"SOP-{number:08d}",
                version=version,
                action=action,
                at=f"{DAY.decode()}T{15 + number % 8}:{number % 60:02d}:{version:02d}Z",
                from_state=before,
                to_state=after,
                reason="Contacted and resolved" if action == "close" else None,
                procedure=procedures.names()[number % 5],
                clock_from=f"{DAY.decode()}T14:00:00Z",
                due_at=f"{DAY.decode()}T22:00:00Z",
                actor=f"U0SPEC{number % 50:03d}",
            )
        )
        for number in range(CASES // DAYS)
        for version, (action, before, after) in enumerate(steps, 1)
    ]


def _pages(items: list[Any]) -> Iterator[bytes]:
    """Yield pages of a megabyte of items as they are stored, with the attribute that is asked for."""
    chunk: list[Any] = []
    size = 0
    for item in items:
        size += len(msgspec.json.encode(item))
        chunk.append({"body": item["body"]})
        if size > MEGABYTE:
            yield msgspec.json.encode({"Items": chunk})
            chunk, size = [], 0
    yield msgspec.json.encode({"Items": chunk})


def _made() -> tuple[float, float, int]:
    """Make the report; return its seconds of processor, the most MB held, and the pages that were read."""
    from functions.deliver.reporting import Reporter  # noqa: PLC0415 - as a function that is warm has it

    month = Month()
    client = boto3.client("dynamodb", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    client.meta.events.register("before-send.dynamodb.Query", month.answer)
    settings = Settings.default()
    reporter = Reporter(
        CaseQueue(client, "cases"),
        lambda: settings,
        version_of=lambda run: procedures.load(run.procedure),
        name_of=lambda _, otherwise: otherwise,
    )
    last = datetime.combine(date(2026, 11, 30), datetime.min.time(), UTC) + timedelta(hours=20)
    row = file_asked_for("report", "bench", person="U0LEAD001", about="month", at=last.isoformat())
    before = process_time()
    made = reporter.made(row)
    took = process_time() - before
    assert made.name == "cases 2026-11-01 to 2026-11-30.xlsx"
    assert len(made.content) > MEGABYTE
    return took, peak(os.getpid()) / MEGABYTE, month.served


if __name__ == "__main__":
    print(msgspec.json.encode(_made()).decode())  # noqa: T201 - to the process that asked
