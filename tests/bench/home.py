"""The Home tab at ten thousand open cases: signed request in, view published, on the local AWS."""

from __future__ import annotations

import statistics
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

import msgspec
from botocore.httpsession import URLLib3Session

from functions.slack import app
from functions.sweep.clockwork import count
from sop_aws.cases import case_item
from sop_aws.queue import CaseQueue
from sop_core.times import iso
from tests.bench.measure import Measure
from tests.bench.warm import warm_functions
from tests.builders.desk import an_opened_case
from tests.builders.people import AGENT, LEAD, PRIYA
from tests.standin.aws import SIGNING_SECRET
from tests.standin.person import Person, to_handler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.standin.aws import Aws

CASES: Final = 10_000
CLAIMED: Final = 500
ROUNDS: Final = 15
BAR_MS: Final = 300
BATCH: Final = 25
AGENTS: Final = 50
"""Two hundred open cases each."""


def measures() -> Iterator[Measure]:
    """Yield how long the Home tab takes by role, and how much of it the local AWS."""
    with warm_functions() as (aws, slack):
        fill(aws)
        queue = CaseQueue(aws.dynamodb, aws.cases_table)
        count(queue, tuple(queue.live()), now=datetime.now(UTC))
        for who, user in (("specialist", PRIYA), ("lead", LEAD), ("agent", AGENT)):
            person = Person(user=user, slack=slack, send=to_handler(app.handler), secret=SIGNING_SECRET)
            with _timed_aws() as waited:
                took = sorted(_opened(person, waited) for _ in range(ROUNDS))[: ROUNDS - 1]
            total, aws_share = [each for each, _ in took], [each for _, each in took]
            name = f"Home of a {who}, {CASES:,} open cases"
            figure = f"median {statistics.median(total):.0f} ms, worst {max(total):.0f} ms"
            figure += f", of it {statistics.median(aws_share):.0f} ms the local AWS"
            yield Measure(name, figure, f"< {BAR_MS} ms", max(total) < BAR_MS)


def fill(aws: Aws) -> None:
    """Store ten thousand cases that are not over, due one minute after the other."""
    case, _ = an_opened_case()
    start = datetime.now(UTC)
    items: list[Any] = []
    for number in range(CASES):
        mine: dict[str, Any] = {"state": "claimed", "assignee": PRIYA} if number < CLAIMED else {}
        due = iso(start + timedelta(minutes=number))
        owner = AGENT if number % AGENTS == 0 else f"U0AGENT{number % AGENTS:03d}"
        one = msgspec.structs.replace(case, id=f"SOP-{number:08d}", due_at=due, owner=owner, **mine)
        items.append({"PutRequest": {"Item": case_item(one)}})
    for first in range(0, CASES, BATCH):
        aws.dynamodb.batch_write_item(RequestItems={aws.cases_table: items[first : first + BATCH]})


def _opened(person: Person, waited: list[float]) -> tuple[float, float]:
    """Return the milliseconds that it took, and those spent waiting for the local AWS."""
    waited.clear()
    began = time.perf_counter()
    person.open_home()
    return (time.perf_counter() - began) * 1000, sum(waited) * 1000


@contextmanager
def _timed_aws() -> Iterator[list[float]]:
    """Collect how long each call of AWS takes, in seconds."""
    waited: list[float] = []
    send: Callable[..., Any] = URLLib3Session.send

    def timed(session: URLLib3Session, request: Any) -> Any:
        began = time.perf_counter()
        try:
            return send(session, request)
        finally:
            waited.append(time.perf_counter() - began)

    with patch.object(URLLib3Session, "send", timed):
        yield waited
