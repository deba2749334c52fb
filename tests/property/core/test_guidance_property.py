"""Whatever is known, in whatever order: exactly one outcome."""

from __future__ import annotations

from random import Random  # noqa: TC003 - hypothesis reads the annotation

from hypothesis import given
from hypothesis import strategies as st

from sop_core import procedures
from sop_core.guidance import canonical, change, guidance
from tests.builders.procedures import rain

INFINITY = procedures.load("infinity")
RAIN = rain()
ANSWERS = {name: [answer.value for answer in question.answers] for name, question in INFINITY.facts.items()}
facts = st.fixed_dictionaries({}, optional={name: st.sampled_from(answers) for name, answers in ANSWERS.items()})
whole = st.fixed_dictionaries({name: st.sampled_from(answers) for name, answers in ANSWERS.items()})
several = st.lists(st.sampled_from(["roof", "wall", "floor"]), unique=True)


@given(facts)
def test_any_facts_lead_to_one_question_or_one_end(known: dict[str, str]) -> None:
    result = guidance(INFINITY, known)
    assert (result.status == "ask") == (result.ask is not None) == (result.end is None)
    assert result.ask is None or result.ask.fact not in known


@given(facts, st.randoms(use_true_random=False))
def test_the_order_of_answers_does_not_matter(known: dict[str, str], random: Random) -> None:
    shuffled = list(known.items())
    random.shuffle(shuffled)
    assert guidance(INFINITY, dict(shuffled)) == guidance(INFINITY, known)


@given(whole)
def test_answering_what_is_asked_reaches_the_end_that_all_facts_give(known: dict[str, str]) -> None:
    answered: dict[str, str] = {}
    result = guidance(INFINITY, answered)
    while result.ask is not None:
        answered[result.ask.fact] = known[result.ask.fact]
        earlier, result = result, guidance(INFINITY, answered)
        assert result.steps[: len(earlier.steps)] == earlier.steps
    assert result == guidance(INFINITY, known)


@given(whole, st.sampled_from(sorted(ANSWERS)), st.data())
def test_a_change_keeps_no_fact_that_could_not_be_read(known: dict[str, str], name: str, data: st.DataObject) -> None:
    read = guidance(INFINITY, known).facts
    answer = data.draw(st.sampled_from(ANSWERS[name]))
    changed = change(INFINITY, read, name, answer)
    assert changed.items() <= (dict(read) | {name: answer}).items()
    assert guidance(INFINITY, changed) == guidance(INFINITY, read | {name: answer})
    if guidance(INFINITY, changed).status == "done":
        assert changed == guidance(INFINITY, changed).facts


@given(several, st.randoms(use_true_random=False))
def test_several_answers_are_one_set(damage: list[str], random: Random) -> None:
    shuffled = damage.copy()
    random.shuffle(shuffled)
    assert guidance(RAIN, {"damage": shuffled}) == guidance(RAIN, {"damage": damage})
    assert canonical(RAIN, {"damage": shuffled}) == canonical(RAIN, {"damage": damage})
