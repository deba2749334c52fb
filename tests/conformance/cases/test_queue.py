"""What the lists of cases promise, on every stand-in for DynamoDB."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec
import pytest

from sop_aws.deliveries import Delivery, outbox
from sop_aws.runs import RunStore
from sop_core.cases.deadlines import Calendar
from sop_core.cases.lifecycle import apply
from sop_core.cases.overview import Front, head
from sop_core.times import iso, parse
from tests.builders.desk import Clock, a_run, an_opened_case

if TYPE_CHECKING:
    from sop_aws.cases import CaseStore
    from sop_aws.queue import CaseQueue
    from sop_core.cases.case import Case
    from tests.standin.aws import Aws


@pytest.fixture
def owner() -> str:
    """Somebody new each time: the local AWS is shared by the tests."""
    return f"U{uuid4().hex[:10].upper()}"


def opened(aws: Aws, cases: CaseStore, owner: str, at: str | None = None) -> Case:
    run = RunStore(aws.dynamodb, aws.cases_table).create(a_run(f"run-{uuid4()}", owner=owner))
    case, event = an_opened_case(run.id)
    case = msgspec.structs.replace(
        case, owner=owner, notes={"caller_name": f"Zoë {owner}"}, opened_at=at or case.opened_at
    )
    return cases.open(case, event, outbox(case, "card", at=event.at), run).case


def act(cases: CaseStore, case: Case, action: str, user: str) -> Case:
    changed, event = apply(
        case, action, actor=user, actor_name="A", at=iso(Clock().now), reason="Duplicate case", calendar=Calendar()
    )
    return cases.change(changed, event, ())


def test_a_case_is_listed_where_it_stands_and_nowhere_else(
    aws: Aws, cases: CaseStore, queue: CaseQueue, owner: str
) -> None:
    def listed(case: Case) -> set[str]:
        lists = {
            "unclaimed": queue.unclaimed(limit=1000, now=Clock().now).heads,
            "claimed": queue.claimed_by(owner, limit=10).heads,
            "closed": queue.closed_by(owner, limit=10).heads,
            "opened": queue.opened_by(owner, limit=10).heads,
            "live": tuple(queue.live()),
        }
        return {name for name, heads in lists.items() if case.id in {head.id for head in heads}}

    case = opened(aws, cases, owner)
    assert listed(case) == {"unclaimed", "opened", "live"}
    case = act(cases, case, "claim", owner)
    assert listed(case) == {"claimed", "opened", "live"}
    returned = act(cases, case, "return", owner)
    assert listed(returned) == {"opened", "live"}
    case = act(cases, act(cases, act(cases, returned, "resend", owner), "claim", owner), "close", owner)
    assert listed(case) == {"closed", "opened"}


def test_of_cases_due_at_one_time_the_oldest_comes_first(
    aws: Aws, cases: CaseStore, queue: CaseQueue, owner: str
) -> None:
    hours = (13, 9, 17, 11)
    made = {hour: opened(aws, cases, owner, f"2026-11-20T{hour:02d}:00:00Z") for hour in hours}
    assert len({case.due_at for case in made.values()}) == 1
    for case in made.values():
        act(cases, case, "claim", owner)
    oldest_first = [made[hour].id for hour in sorted(hours)]
    first = queue.claimed_by(owner, limit=3)
    assert [
        head.id for head in (*first.heads, *queue.claimed_by(owner, limit=3, start=first.rest).heads)
    ] == oldest_first


def test_pages_hold_every_case_once(aws: Aws, cases: CaseStore, queue: CaseQueue, owner: str) -> None:
    made = {opened(aws, cases, owner).id for _ in range(5)}
    found, start = [], None
    while True:
        page = queue.opened_by(owner, limit=2, start=start)
        found += [head.id for head in page.heads]
        if page.rest is None:
            break
        start = page.rest
    assert (len(found), set(found)) == (5, made)


def test_the_counted_front_of_a_long_queue_is_turned_page_by_page_without_what_was_taken_since(
    aws: Aws, cases: CaseStore, queue: CaseQueue, owner: str
) -> None:
    now = Clock().now
    made = sorted((opened(aws, cases, owner) for _ in range(6)), key=lambda case: case.id)
    queue.put_front(Front(at=iso(now), waiting=9000, heads=tuple(head(case) for case in made)))
    act(cases, made[1], "claim", owner)
    first = queue.unclaimed(limit=2, now=now)
    second = queue.unclaimed(limit=2, start=first.rest, now=now)
    assert [each.id for page in (first, second) for each in page.heads] == [made[n].id for n in (0, 2, 3, 4)]
    assert first.front is not None
    assert first.front.waiting == 9000


def test_past_its_end_or_once_it_is_old_the_front_gives_way_to_the_queue(
    aws: Aws, cases: CaseStore, queue: CaseQueue, owner: str
) -> None:
    now = Clock().now
    case = opened(aws, cases, owner)
    queue.put_front(Front(at=iso(now), waiting=9000, heads=(head(case),)))
    beyond = queue.unclaimed(limit=1, start=queue.unclaimed(limit=1, now=now).rest, now=now)
    late = queue.unclaimed(limit=1, now=now + timedelta(minutes=6))
    assert (beyond.front, late.front) == (None, None)
    assert len(late.heads) == 1


def test_a_case_is_to_be_reminded_of_once_its_time_has_come(
    aws: Aws, cases: CaseStore, queue: CaseQueue, owner: str
) -> None:
    case = opened(aws, cases, owner)
    assert case.remind_at is not None
    at = parse(case.remind_at)
    assert case.id in set(queue.to_remind(at, limit=1000))
    assert case.id not in set(queue.to_remind(at - timedelta(seconds=1), limit=1000))
    over = act(cases, act(cases, case, "claim", owner), "close", owner)
    assert over.id not in set(queue.to_remind(at + timedelta(days=9), limit=1000))


def test_only_runs_that_are_not_over_are_open(aws: Aws, queue: CaseQueue, owner: str) -> None:
    runs = RunStore(aws.dynamodb, aws.cases_table)
    looked_up = runs.create(a_run(f"run-{uuid4()}", owner=owner, seen=()))
    assert queue.runs_of(owner, limit=5) == (), "somebody was looked up, and nothing was answered"
    run = runs.save(msgspec.structs.replace(looked_up, seen=("a click",)))
    assert [head.id for head in queue.runs_of(owner, limit=5)] == [run.id]
    runs.save(msgspec.structs.replace(run, state="done"))
    assert queue.runs_of(owner, limit=5) == ()


def test_finished_runs_are_listed_since_a_moment_and_those_given_up_nowhere(
    aws: Aws, queue: CaseQueue, owner: str
) -> None:
    runs = RunStore(aws.dynamodb, aws.cases_table)
    for name, changed in (
        ("yesterday", {"state": "done", "ended_at": "2026-11-19T23:00:00Z"}),
        ("today", {"state": "done", "ended_at": "2026-11-20T09:00:00Z"}),
        ("given-up", {"state": "abandoned"}),
    ):
        runs.create(msgspec.structs.replace(a_run(f"{name}-{owner}", owner=owner), **changed))
    ended = queue.runs_ended_by(owner, since=parse("2026-11-20T05:00:00Z"), limit=5)
    assert [head.id for head in ended] == [f"today-{owner}"]
    assert queue.runs_of(owner, limit=5) == ()


def test_a_case_is_found_by_every_word_of_its_callers_name(
    aws: Aws, cases: CaseStore, queue: CaseQueue, owner: str
) -> None:
    case = opened(aws, cases, owner)
    assert cases.with_words(("zoe", owner.lower())) == (case.id,)
    assert cases.with_words((owner.lower(), "nobody")) == ()
    assert cases.with_words(()) == ()


def test_a_case_is_found_however_many_newer_ones_share_a_word_of_its_callers_name(
    aws: Aws, cases: CaseStore, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sop_aws.cases.WORD_LIMIT", 2)
    wanted = opened(aws, cases, owner)
    for other in range(3):
        opened(aws, cases, f"{owner}X{other}", at="2027-11-21T09:00:00Z")
    assert cases.with_words(("zoe", owner.lower())) == (wanted.id,)
    assert cases.with_words((owner.lower(), "zoe")) == (wanted.id,)
    assert cases.with_words(("zoe", "nobody")) == ()


def test_a_days_events_and_runs_are_read_back(aws: Aws, cases: CaseStore, queue: CaseQueue, owner: str) -> None:
    case = opened(aws, cases, owner)
    day = case.opened_at[:10]
    assert [event.action for event in queue.events_on(day) if event.case == case.id] == ["open"]
    assert case.run in {run.id for run in queue.runs_on(day)}
    assert list(queue.events_on("1999-01-01")) == []


def test_a_report_is_asked_for_once(cases: CaseStore) -> None:
    row = Delivery(
        id=f"REPORT-{uuid4().hex}#000001#0",
        case=f"REPORT-{uuid4().hex}",
        version=1,
        kind="report",
        channel="U1",
        created_at=iso(Clock().now),
        next_attempt_at=iso(Clock().now),
        about="week",
    )
    cases.outbox.ask_for_file(row)
    cases.outbox.ask_for_file(row)
    assert cases.outbox.pending(row.case) == (row,)


def test_a_case_that_moved_on_is_not_kept_as_it_was(aws: Aws, cases: CaseStore, owner: str) -> None:
    case = opened(aws, cases, owner)
    act(cases, case, "claim", owner)
    assert not cases.keep(case)
    current = cases.get(case.id)
    assert current is not None
    assert current.state == "claimed"
