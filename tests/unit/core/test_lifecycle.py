"""A case moves by the table, and only by the table."""

from __future__ import annotations

from itertools import product
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_core.cases.case import ID_CHOICES, Case, Document, State, case_id, case_ids
from sop_core.cases.lifecycle import CLOSE_REASONS, VOIDED, apply
from sop_core.cases.transitions import ACTIONS, TRANSITIONS, NotAllowed, actions, permitted
from tests.builders.desk import opened_from

AT = "2026-11-21T10:00:00Z"
LATER = "2026-11-21T11:00:00Z"
PHOTO = Document(id="F1", name="roof.jpg", size=9, key="cases/x/F1", by="U0SPEC", at=LATER)
ALWAYS = ("ask_update", "note", "attach")
WAYS: dict[State, tuple[str, ...]] = {
    "open": (),
    "claimed": ("claim",),
    "returned": ("claim", "return"),
    "closed": ("claim", "close"),
    "voided": ("withdraw",),
}


def opened(**notes: str) -> Case:
    return opened_from(notes=notes, owner="U0OWNER", owner_name="Olive", at=AT, due_at=LATER)[0]


def act(case: Case, action: str, **given: Any) -> Case:
    given = {
        "actor": "U0SPEC",
        "actor_name": "Sam",
        "at": LATER,
        "reason": CLOSE_REASONS[0],
        "note": "Called",
        "documents": (PHOTO,) if action == "attach" else (),
    } | given
    return apply(case, action, assignee="U0OTHER", **given)[0]


def in_state(state: State) -> Case:
    case = opened()
    for action in WAYS[state]:
        case = act(case, action)
    assert case.state == state
    return case


@pytest.mark.parametrize(("state", "action"), [*product(get_args(State), ACTIONS)])
def test_an_action_leads_where_the_table_says_and_is_refused_elsewhere(state: State, action: str) -> None:
    case = in_state(state)
    row = next((row for row in TRANSITIONS if (row.action, row.from_state) == (action, state)), None)
    if row is None:
        with pytest.raises(NotAllowed) as refused:
            act(case, action)
        assert refused.value.why == "state"
        assert action not in refused.value.allowed
    else:
        changed = act(case, action)
        assert (changed.state, changed.version) == (row.to_state, case.version + 1)


def test_every_state_but_voided_leads_on() -> None:
    assert {row.from_state for row in TRANSITIONS} == set(get_args(State)) - {"voided"}
    assert {row.to_state for row in TRANSITIONS} == set(get_args(State))


def test_the_same_run_and_step_make_the_same_case_id_and_no_others_do() -> None:
    assert case_id("run-1", "INF-4b.case") == case_id("run-1", "INF-4b.case")
    ids = {case_id(f"run-{number}", "INF-4b.case") for number in range(2000)}
    assert len(ids) == 2000
    assert all(len(each) == 12 and set(each[4:]) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ") for each in ids)


@given(run=st.text(max_size=20), step=st.text(max_size=20))
def test_the_numbers_that_a_case_may_have_are_always_the_same_ones_in_one_order(run: str, step: str) -> None:
    ids = case_ids(run, step)
    assert ids[0] == case_id(run, step)
    assert len(set(ids)) == len(ids) == ID_CHOICES
    assert ids == case_ids(run, step)


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from("ab")), max_size=30))
def test_in_a_tiny_space_of_numbers_every_run_keeps_its_own(submitted: list[tuple[int, str]]) -> None:
    """The rule of the store: the first number that no other run's case has; a repeat comes to the same."""
    taken: dict[str, tuple[int, str]] = {}
    first: dict[tuple[int, str], str] = {}
    for run in submitted:
        tiny = [f"{each[4]}{salt}" for salt, each in enumerate(case_ids(str(run[0]), run[1]))]
        number = next(each for each in tiny if taken.get(each, run) == run)
        taken[number] = run
        assert first.setdefault(run, number) == number
    assert len(taken) == len(set(submitted))


def test_an_opened_case_keeps_the_words_of_the_sop_apart_from_the_callers() -> None:
    case = opened(reason_of_call="  Roof leaks ")
    assert case.description == "Infinity Callbacks"


def test_the_event_tells_what_happened_and_which_version_it_made() -> None:
    _, event = apply(
        in_state("claimed"), "return", actor="U0SPEC", actor_name="Sam", at=LATER, reason="Wrong project", note="See 2"
    )
    assert (event.version, event.action, event.from_state, event.to_state) == (3, "return", "claimed", "returned")
    assert (event.actor, event.at, event.reason, event.note) == ("U0SPEC", LATER, "Wrong project", "See 2")


def test_claim_takes_the_case_assign_gives_it_and_opening_again_frees_it() -> None:
    assert act(opened(), "claim").assignee == "U0SPEC"
    assert act(opened(), "assign").assignee == "U0OTHER"
    assert act(in_state("closed"), "reopen").assignee is None
    assert act(in_state("returned"), "resend").assignee is None


def test_closing_keeps_who_when_and_why_and_opening_again_forgets_it() -> None:
    closed = act(in_state("claimed"), "close", note="Called twice")
    assert (closed.closed_by, closed.closed_at, closed.closed_reason, closed.closed_note) == (
        "U0SPEC",
        LATER,
        CLOSE_REASONS[0],
        "Called twice",
    )
    assert act(closed, "reopen").closed_reason is None


@pytest.mark.parametrize("state", ["returned", "open"])
def test_a_voided_case_is_closed_with_the_reason_of_the_sop(state: State) -> None:
    action = "void" if state == "returned" else "withdraw"
    assert act(in_state(state), action, reason=None).closed_reason == VOIDED == "Case Voided"


@pytest.mark.parametrize(
    ("action", "given", "why"),
    [
        ("close", {"reason": None}, "reason_missing"),
        ("close", {"reason": " "}, "reason_missing"),
        ("close", {"reason": VOIDED}, "reason_unknown"),
        ("return", {"reason": None}, "reason_missing"),
        ("note", {"note": " "}, "note_missing"),
        ("attach", {"documents": ()}, "documents_missing"),
    ],
)
def test_a_reason_is_asked_for_where_one_is_needed(action: str, given: dict[str, Any], why: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        act(in_state("claimed"), action, **given)
    assert refused.value.why == why


def test_assigning_needs_somebody() -> None:
    with pytest.raises(NotAllowed) as refused:
        apply(opened(), "assign", actor="U0LEAD", actor_name="Lea", at=LATER)
    assert refused.value.why == "assignee_missing"


@pytest.mark.parametrize(
    ("state", "actor", "roles", "expected"),
    [
        ("open", "U0SPEC", {"resolution_specialist"}, ("claim", "assign", *ALWAYS, "link")),
        ("open", "U0OWNER", {"agent"}, (*ALWAYS, "link", "withdraw")),
        ("open", "U0OTHER", {"agent"}, ALWAYS),
        ("open", "U0LEAD", {"lead"}, ("claim", "assign", *ALWAYS, "link")),
        ("claimed", "U0SPEC", {"resolution_specialist"}, ("assign", "return", "close", *ALWAYS, "link")),
        ("returned", "U0OWNER", {"agent"}, ("resend", "void", *ALWAYS, "link")),
        ("returned", "U0SPEC", {"resolution_specialist"}, (*ALWAYS, "link")),
        ("returned", "U0LEAD", {"lead"}, ("resend", "void", *ALWAYS, "link")),
        ("closed", "U0OWNER", set(), ("reopen", "note", "attach", "link")),
        ("closed", "U0BACK", {"back_office"}, ("note", "attach")),
        ("voided", "U0OWNER", {"lead", "resolution_specialist"}, ()),
        ("open", "U0GUEST", set(), ()),
    ],
)
def test_everyone_is_offered_what_they_may_do_now(
    state: State, actor: str, roles: set[str], expected: tuple[str, ...]
) -> None:
    assert actions(in_state(state), actor=actor, roles=roles) == expected


def test_an_unknown_action_is_nobodys() -> None:
    assert not permitted(opened(), "delete", actor="U0OWNER", roles={"lead"})


def test_a_note_leaves_the_case_where_it_is_and_a_move_makes_older_clicks_late() -> None:
    case = in_state("claimed")
    noted = act(case, "note")
    assert (noted.version, noted.moved, noted.state, noted.assignee) == (3, 2, "claimed", "U0SPEC")
    assert act(noted, "assign").moved == 4


@pytest.mark.parametrize(
    ("state", "action", "actor", "mentioned"),
    [
        ("open", "claim", "U0SPEC", ()),
        ("open", "assign", "U0LEAD", ("U0OTHER",)),
        ("open", "assign", "U0OTHER", ()),
        ("claimed", "ask_update", "U0AGENT", ("U0OWNER", "U0SPEC")),
        ("claimed", "ask_update", "U0OWNER", ("U0SPEC",)),
        ("claimed", "attach", "U0SPEC", ("U0OWNER",)),
        ("claimed", "return", "U0SPEC", ("U0OWNER",)),
        ("claimed", "close", "U0SPEC", ()),
    ],
)
def test_a_message_mentions_who_has_to_act_and_never_the_actor(
    state: State, action: str, actor: str, mentioned: tuple[str, ...]
) -> None:
    given: dict[str, Any] = {"reason": CLOSE_REASONS[0], "documents": (PHOTO,) if action == "attach" else ()}
    _, event = apply(
        in_state(state), action, actor=actor, actor_name="Ann", at=LATER, assignee="U0OTHER", note="n", **given
    )
    assert event.mentions == mentioned


def test_documents_and_the_salesforce_number_stay_with_the_case() -> None:
    case = act(act(in_state("closed"), "attach"), "link", salesforce="00123456")
    assert (case.documents, case.salesforce, case.state) == ((PHOTO,), "00123456", "closed")
    assert act(case, "reopen").salesforce == "00123456"
    assert act(case, "link", salesforce="").salesforce is None


def test_nobody_reminds_by_hand() -> None:
    assert not permitted(opened(), "remind", actor="U0OWNER", roles={"lead", "resolution_specialist", "agent"})
