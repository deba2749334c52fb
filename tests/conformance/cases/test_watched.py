"""The lists of those who see to everybody's cases, on every stand-in for DynamoDB."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from sop_core.cases.overview import head, overdue
from sop_core.times import iso, parse
from tests.conformance.cases.test_queue import act, opened

if TYPE_CHECKING:
    from sop_aws.cases import CaseStore
    from sop_aws.queue import CaseQueue
    from sop_core.cases.case import Case
    from tests.standin.aws import Aws

OWNER = "U0OWNER01"


def test_a_case_is_among_the_returned_as_long_as_it_waits_for_its_owner(
    aws: Aws, cases: CaseStore, queue: CaseQueue
) -> None:
    def is_listed(case: Case) -> bool:
        return case.id in {each.id for each in queue.returned(limit=1000).heads}

    claimed = act(cases, opened(aws, cases, OWNER), "claim", OWNER)
    assert not is_listed(claimed)
    returned = act(cases, claimed, "return", OWNER)
    assert is_listed(returned)
    assert not is_listed(act(cases, returned, "resend", OWNER))


def test_of_the_overdue_as_they_were_counted_those_are_listed_that_still_are(
    aws: Aws, cases: CaseStore, queue: CaseQueue
) -> None:
    owner = f"U{uuid4().hex[:10].upper()}"
    made = sorted((opened(aws, cases, owner) for _ in range(4)), key=lambda case: case.id)
    now = parse(made[0].due_at) + timedelta(minutes=1)
    assert overdue([head(case) for case in made], at=made[0].due_at).heads == ()
    queue.put_overdue(overdue([head(case) for case in made], at=iso(now)))
    act(cases, act(cases, made[1], "claim", owner), "return", owner)
    act(cases, made[2], "claim", owner)
    first = queue.overdue(limit=2, now=now)
    second = queue.overdue(limit=2, start=first.rest, now=now)
    assert [each.id for page in (first, second) for each in page.heads] == [made[n].id for n in (0, 2, 3)]
    assert (first.front is not None and first.front.waiting, second.rest) == (4, None)
