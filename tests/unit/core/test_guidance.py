"""The engine: a pure walk from facts to the next question or the end."""

from __future__ import annotations

import pytest

from sop_core import procedures
from sop_core.guidance import (
    NONE,
    Procedure,
    UnknownName,
    WrongNumber,
    change,
    guidance,
    label,
    render,
    trace,
)
from sop_core.settings import Settings
from tests.builders.procedures import UNTRAINED, rain


@pytest.fixture(scope="module")
def infinity() -> Procedure:
    return procedures.load("infinity")


def test_facts_that_the_path_does_not_need_change_nothing(infinity: Procedure) -> None:
    assert guidance(infinity, UNTRAINED) == guidance(infinity, UNTRAINED | {"topic": "other", "installer": "listed"})


def test_what_was_asked_and_answered_is_told_in_order(infinity: Procedure) -> None:
    result = guidance(infinity, dict(reversed(UNTRAINED.items())) | {"topic": "other"})
    assert [question.fact for question in result.asked] == list(UNTRAINED)
    assert result.facts == UNTRAINED


def test_the_trace_says_who_answered(infinity: Procedure) -> None:
    lines = trace(guidance(infinity, {"channel": "chat", "caller_type": "homeowner"}), {"channel": "store"})
    assert [(line.fact, line.label, line.source) for line in lines] == [
        ("channel", "Chat", "store"),
        ("caller_type", "Homeowner", "agent"),
    ]


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"chanel": "phone"}, "unknown fact 'chanel' for infinity: did you mean 'channel'?"),
        ({"channel": "fone"}, "unknown answer 'fone' for channel: did you mean 'phone'?"),
        ({"topic": "Other"}, "unknown answer 'Other' for topic: did you mean 'other'?"),
    ],
)
def test_an_unknown_name_is_refused_with_the_closest_one(
    infinity: Procedure, facts: dict[str, str], sentence: str
) -> None:
    with pytest.raises(UnknownName) as refused:
        guidance(infinity, facts)
    assert str(refused.value) == sentence


def test_an_unknown_procedure_is_refused_with_the_closest_one() -> None:
    with pytest.raises(UnknownName, match="did you mean 'infinity'"):
        procedures.load("infinty")


def test_several_answers_to_a_fact_that_takes_one_are_refused(infinity: Procedure) -> None:
    with pytest.raises(WrongNumber):
        guidance(infinity, {"channel": ["phone"]})


def test_several_answers_are_kept_in_the_order_of_the_procedure() -> None:
    result = guidance(rain(), {"damage": ["floor", "roof"]})
    assert result.facts == {"damage": ("roof", "floor")}
    assert label(result.asked[0], result.facts["damage"]) == "Roof, Floor"


@pytest.mark.parametrize("none", [NONE, [NONE], [], ()])
def test_none_of_them_is_an_answer_too(none: str | list[str]) -> None:
    result = guidance(rain(), {"damage": none})
    assert (result.status, result.end, result.facts) == ("done", "RAI-2", {"damage": ()})


def test_a_checklist_is_shown_for_the_answer_it_depends_on() -> None:
    assert [group.group for group in guidance(rain(), {"damage": ["wall", "roof"]}).checklist] == ["Roof"]
    assert guidance(rain(), {"damage": "wall"}).checklist == ()


def test_rendering_fills_settings_in_and_leaves_scripts_alone() -> None:
    settings = Settings.default()
    (step,) = render(guidance(rain(), {}), settings).steps
    assert step.say == ("Did it rain?",)
    assert step.do == ("Call Resolution Lead",)
    assert step.transfer is not None
    assert (step.transfer.to, step.transfer.wait_seconds) == ("Resolution Lead", 30)


def test_a_changed_answer_keeps_the_later_ones_that_still_apply(infinity: Procedure) -> None:
    sales_rep = {
        "channel": "phone",
        "caller_type": "previous_sales_rep",
        "authenticated": "yes",
        "project": "found",
        "topic": "missed_payments",
        "installer": "listed",
    }
    assert change(infinity, sales_rep, "topic", "job_status") == {**sales_rep, "topic": "job_status"}
    employee = change(infinity, sales_rep, "caller_type", "infinity_employee")
    assert "installer" not in employee
    assert employee["topic"] == "missed_payments"


def test_a_changed_answer_drops_the_later_ones_that_no_longer_apply(infinity: Procedure) -> None:
    answered = UNTRAINED | {"transfer_answered": "no"}
    assert change(infinity, answered, "workout_plan_trained", "yes") == UNTRAINED | {"workout_plan_trained": "yes"}
    assert change(infinity, answered, "caller_type", "other") == {"channel": "phone", "caller_type": "other"}


def test_an_answer_that_held_for_another_answer_is_asked_again(infinity: Procedure) -> None:
    homeowner = UNTRAINED | {"transfer_answered": "no"}
    changed = change(infinity, homeowner, "caller_type", "infinity_employee")
    assert "authenticated" not in changed, "somebody else has not been authenticated"
    asked = guidance(infinity, changed).ask
    assert asked is not None
    assert asked.fact == "authenticated"
    assert "authenticated" not in change(infinity, homeowner, "project", "not_found")
    assert change(infinity, homeowner, "caller_type", "homeowner") == homeowner, "the same answer changes nothing"
    first = {name: UNTRAINED[name] for name in ("channel", "caller_type", "authenticated")}
    assert change(infinity, first, "project", "found") == first | {"project": "found"}, "none was chosen before"


def test_what_rests_on_an_answer_rests_on_what_that_holds_for() -> None:
    escalation = procedures.load("escalation")
    assert escalation.resting_on("project") == {"existing_case", "case_updated", "satisfied"}
    assert escalation.resting_on("case_updated") == {"satisfied"}
    assert escalation.resting_on("channel") == frozenset()


def test_an_answer_beyond_a_question_that_is_open_again_is_kept(infinity: Procedure) -> None:
    known_from_the_sheet = {
        "channel": "phone",
        "caller_type": "homeowner",
        "authenticated": "yes",
        "project": "found",
        "installer": "listed",
    }
    changed = change(infinity, known_from_the_sheet, "caller_type", "dealer_partner")
    assert changed["installer"] == "listed"
