"""Who wins when several people, or several workers, come at the same moment."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

import msgspec

from sop_aws.cases import CaseChanged, CaseStore, Opened
from sop_aws.deliveries import outbox
from sop_aws.runs import RunStore, StaleRun
from tests.builders.desk import Clock, a_run, an_opened_case, claimed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sop_core.cases.case import Case
    from tests.standin.aws import Aws

PEOPLE = 12
T = TypeVar("T")


def at_once(calls: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """Make all calls start together; return what each returned or raised."""
    start = threading.Barrier(len(calls))

    def call(make: Callable[[], T]) -> T | Exception:
        start.wait()
        try:
            return make()
        except (CaseChanged, StaleRun) as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call, calls))


def an_open_case(aws: Aws) -> Case:
    run = RunStore(aws.dynamodb, aws.cases_table).create(a_run(f"run-{uuid4()}"))
    case, event = an_opened_case(run.id)
    return CaseStore(aws.dynamodb, aws.cases_table).open(case, event, outbox(case, "card", at=event.at), run).case


def test_claims(isolated: Aws) -> None:
    """Of many who claim at once one wins, and every other is told who."""
    cases = CaseStore(isolated.dynamodb, isolated.cases_table)
    case = an_open_case(isolated)
    people = [f"U0SPEC{number:03d}" for number in range(PEOPLE)]
    attempts = [claimed(case, by=person) for person in people]

    outcomes = at_once(
        [partial(cases.change, case, event, outbox(case, "thread", at=event.at)) for case, event in attempts]
    )

    losers = [outcome for outcome in outcomes if isinstance(outcome, CaseChanged)]
    (winner,) = (outcome for outcome in outcomes if not isinstance(outcome, Exception))
    assert len(losers) == PEOPLE - 1
    assert {winner.assignee} == {loser.current.assignee for loser in losers if loser.current}
    assert winner == cases.get(case.id)
    assert [None, winner.assignee] == [
        event.actor if event.action == "claim" else None for event in cases.events(case.id)
    ]
    assert [row.kind for row in cases.outbox.pending(case.id)] == ["card", "thread"]


def test_openings(isolated: Aws) -> None:
    """The same step submitted many times at once opens one case, and every submission is told its number."""
    cases = CaseStore(isolated.dynamodb, isolated.cases_table)
    runs = RunStore(isolated.dynamodb, isolated.cases_table)
    run = runs.create(a_run(f"run-{uuid4()}"))
    case, event = an_opened_case(run.id)

    def submit(second: int) -> Opened:
        at = f"2027-01-15T08:00:{second:02d}Z"
        mine = msgspec.structs.replace(case, opened_at=at)
        return cases.open(mine, msgspec.structs.replace(event, at=at), outbox(mine, "card", at=at), run)

    outcomes = at_once([partial(submit, second) for second in range(PEOPLE)])

    opened = [outcome for outcome in outcomes if isinstance(outcome, Opened)]
    assert len(opened) == PEOPLE
    assert sum(not outcome.repeated for outcome in opened) == 1
    stored = cases.get(case.id)
    assert [stored] * PEOPLE == [outcome.case for outcome in opened]
    assert 1 == len(cases.events(case.id)) == len(cases.outbox.pending(case.id))
    assert runs.get(run.id).version == 2  # type: ignore[union-attr]


def test_saves(isolated: Aws) -> None:
    """Of many saves of one version of a run, one is stored."""
    runs = RunStore(isolated.dynamodb, isolated.cases_table)
    run = runs.create(a_run(f"run-{uuid4()}"))
    answers = [msgspec.structs.replace(run, notes={"answer": str(number)}) for number in range(PEOPLE)]

    outcomes = at_once([partial(runs.save, answer) for answer in answers])

    (saved,) = (outcome for outcome in outcomes if not isinstance(outcome, Exception))
    assert saved == runs.get(run.id)
    assert saved.version == 2


def test_workers(isolated: Aws) -> None:
    """Of many workers that find one row, one holds it."""
    cases = CaseStore(isolated.dynamodb, isolated.cases_table)
    (row,) = cases.outbox.pending(an_open_case(isolated).id)
    now = Clock().now

    outcomes = at_once([lambda: cases.outbox.hold(row, now=now, lease=timedelta(seconds=60)) for _ in range(PEOPLE)])

    assert sum(outcome is not None for outcome in outcomes) == 1
