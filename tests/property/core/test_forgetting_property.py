"""Whatever a person said, typed or was known by: once it is erased, no word of it is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_args

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from sop_aws.runs import Run, erased_run
from sop_core.audit import KINDS, Entry
from sop_core.cases.case import Case, CaseEvent, CaseProject, Document, State
from sop_core.cases.lifecycle import CLOSE_REASONS
from sop_core.cases.overview import head
from sop_core.cases.transitions import ACTIONS
from sop_core.forgetting import erased_case, erased_entry, erased_event, erased_project, mark, name_of, without
from sop_core.transfers.exact import buckets
from tests.builders.cases import a_case, a_project, an_event
from tests.builders.desk import a_run

if TYPE_CHECKING:
    from sop_core.transfers.project import Project

MARK: Final = "zqx"
TYPED: Final = st.text(max_size=20).map(lambda text: f"{text}{MARK}{text}")
MAYBE: Final = st.none() | TYPED
NOTES: Final = st.dictionaries(TYPED, TYPED, max_size=4)
AT: Final = "2026-11-22T10:00:00Z"

DOCUMENTS: Final = st.lists(
    st.builds(Document, id=st.just("F1"), name=TYPED, size=st.integers(0), key=TYPED, by=st.just("U1"), at=st.just(AT)),
    max_size=3,
).map(tuple)
PROJECTS: Final = st.builds(
    CaseProject, key=TYPED, sheet=st.just("s1"), project_id=MAYBE, homeowner=MAYBE, address=MAYBE, transferred_to=MAYBE
)
CASES: Final = st.builds(
    a_case,
    state=st.sampled_from(get_args(State)),
    facts=NOTES,
    notes=NOTES,
    project=st.none() | PROJECTS,
    documents=DOCUMENTS,
    salesforce=MAYBE,
    returned_reason=MAYBE,
    closed_note=MAYBE,
    closed_reason=st.sampled_from((None, *CLOSE_REASONS)),
)
CHOSEN: Final = frozenset({"close", "void", "withdraw", "remind"})
"""Actions whose reason is one of ours."""
EVENTS: Final = st.builds(
    lambda action, typed, note: an_event(
        action=action, reason=CLOSE_REASONS[0] if action in CHOSEN else typed, note=note
    ),
    st.sampled_from(ACTIONS),
    MAYBE,
    MAYBE,
)
RUNS: Final = st.builds(
    a_run,
    state=st.sampled_from(("active", "done", "abandoned")),
    facts=NOTES,
    sources=st.dictionaries(TYPED, st.just("agent"), max_size=2),
    notes=NOTES,
    project_key=MAYBE,
    query=MAYBE,
    candidates=st.lists(TYPED, max_size=3).map(tuple),
    candidate_whys=st.lists(TYPED, max_size=3).map(tuple),
)
IN_THE_SHEET: Final = st.builds(
    a_project,
    homeowner=MAYBE,
    co_homeowner=MAYBE,
    address=MAYBE,
    city=MAYBE,
    state=MAYBE,
    zip=MAYBE,
    phone=MAYBE,
    email=MAYBE,
)
ENTRIES: Final = st.builds(
    Entry,
    at=st.just(AT),
    id=st.just("r#1"),
    kind=st.sampled_from(("decision", "view")),
    actor=st.just("U1"),
    action=st.just("answered"),
    detail=TYPED,
)


def said(value: object) -> str:
    return msgspec.json.encode(value).decode()


@given(CASES)
def test_a_case_keeps_its_skeleton_and_nothing_of_its_customer(case: Case) -> None:
    erased, told = erased_case(case, actor="U0ADMIN01", actor_name="Dana", at=AT)
    assert MARK not in said([erased, told, head(erased)])
    kept = ("id", "state", "procedure", "opened_at", "due_at", "owner", "assignee", "closed_by", "closed_at")
    assert [getattr(erased, name) for name in kept] == [getattr(case, name) for name in kept]
    assert (told.version, told.from_state, told.to_state) == (erased.version, case.state, case.state)


@given(EVENTS)
def test_an_event_keeps_what_was_done_and_by_whom_and_that_something_was_said(event: CaseEvent) -> None:
    erased = erased_event(event)
    assert MARK not in said(erased)
    assert bool(erased.note) == bool(event.note)
    assert bool(erased.reason) == bool(event.reason)
    assert (erased.action, erased.actor, erased.at) == (event.action, event.actor, event.at)
    assert erased_event(erased) == erased, "erasing twice is erasing once"


@given(RUNS)
def test_a_run_keeps_who_ran_what_and_when(run: Run) -> None:
    erased = erased_run(run, at=AT)
    assert MARK not in said(erased)
    assert (erased.id, erased.owner, erased.started_at, erased.expires_at) == (
        *(run.id, run.owner, run.started_at, run.expires_at),
    )
    assert erased.state != "active", "nobody goes on with it"


@given(IN_THE_SHEET)
def test_a_project_keeps_who_has_it_now_and_is_looked_up_by_its_id_alone(project: Project) -> None:
    erased = erased_project(project)
    assert MARK not in said([erased, list(buckets([erased], 1).values())])
    assert (erased.key, erased.installer, erased.transferred_to) == (
        *(project.key, project.installer, project.transferred_to),
    )


@given(ENTRIES)
def test_the_audit_keeps_that_there_was_an_answer(entry: Entry) -> None:
    erased = erased_entry(entry)
    assert MARK not in said(erased)
    assert erased.place == entry.place


@given(st.lists(IN_THE_SHEET, max_size=4), st.integers(0, 3))
def test_a_later_workbook_brings_nobody_back(projects: list[Project], place: int) -> None:
    rows = [msgspec.structs.replace(each, row=row, project_id=f"P-{row}") for row, each in enumerate(projects)]
    forgotten = {mark(name_of(each)) for each in rows[place : place + 1]}
    kept, theirs = without(rows, forgotten)
    assert MARK not in said([each for each in kept if each.row in theirs])
    assert [each for each in kept if each.row not in theirs] == [each for each in rows if each.row not in theirs]
    assert len(theirs) == len(forgotten)


def test_other_entries_of_the_audit_stay_as_they_are() -> None:
    for kind in set(KINDS) - {"decision", "view"}:
        entry: Any = Entry(at=AT, id="r#1", kind=kind, actor="U1", action="began", detail="version 1")
        assert erased_entry(entry) == entry
