"""The queue at a glance: a case in one line, and the front of a long queue."""

from __future__ import annotations

from sop_core.cases.overview import FRONT_KEPT, LONG, front, head
from tests.builders.cases import a_case

AT = "2026-11-21T10:00:00Z"


def test_a_short_queue_needs_no_front() -> None:
    short = front([head(a_case(id=f"SOP-{n}")) for n in range(LONG)], at=AT)
    assert (short.waiting, short.heads) == (LONG, ())


def test_the_front_holds_the_waiting_cases_that_are_due_first_in_order() -> None:
    waiting = [
        head(
            a_case(
                id=f"SOP-{n:04d}",
                due_at=f"2026-11-{30 - n % 20:02d}T10:00:00Z",
                opened_at=f"2026-11-{20 - n % 9:02d}T10:00:00Z",
            )
        )
        for n in range(LONG + 1)
    ]
    taken = head(a_case(id="SOP-TAKEN", state="claimed", due_at="2026-01-01T10:00:00Z"))
    long = front([*waiting, taken], at=AT)
    assert long.waiting == LONG + 1
    assert list(long.heads) == sorted(waiting, key=lambda each: (each.due_at, each.opened_at, each.id))[:FRONT_KEPT]


def test_a_line_names_the_homeowner_else_the_caller() -> None:
    known, caller = a_case(), a_case(project=None, notes={"caller_name": "Ann Lee"})
    assert [head(case).customer for case in (known, caller, a_case(project=None, notes={}))] == [
        "Jane Doe",
        "Ann Lee",
        None,
    ]
