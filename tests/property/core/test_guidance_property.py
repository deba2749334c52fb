"""Whatever is known, in whatever order: exactly one outcome, in every procedure."""

from __future__ import annotations

from random import Random  # noqa: TC003 - hypothesis reads the annotation
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from sop_core import procedures
from sop_core.guidance import UnknownName, WrongNumber, canonical, change, guidance, trace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sop_core.guidance import Procedure, Question

Known = dict[str, str | list[str]]

names = st.sampled_from(procedures.names())

EVERY = [question for name in procedures.names() for question in procedures.load(name).facts.values()]
FACTS = [question.fact for question in EVERY]
VALUES = [answer.value for question in EVERY for answer in question.answers]


def answer(question: Question) -> st.SearchStrategy[str | list[str]]:
    values = st.sampled_from([each.value for each in question.answers])
    return st.lists(values, unique=True) if question.multiple else values


def some(procedure: Procedure) -> st.SearchStrategy[Known]:
    return st.fixed_dictionaries({}, optional={name: answer(each) for name, each in procedure.facts.items()})


def whole(procedure: Procedure) -> st.SearchStrategy[Known]:
    return st.fixed_dictionaries({name: answer(each) for name, each in procedure.facts.items()})


@given(names, st.data())
def test_any_facts_lead_to_one_question_or_one_end(name: str, data: st.DataObject) -> None:
    procedure = procedures.load(name)
    known = data.draw(some(procedure))
    result = guidance(procedure, known)
    assert (result.status == "ask") == (result.ask is not None) == (result.end is None)
    assert result.ask is None or result.ask.fact not in known


@given(names, st.data(), st.randoms(use_true_random=False))
def test_the_order_of_answers_does_not_matter(name: str, data: st.DataObject, random: Random) -> None:
    procedure = procedures.load(name)
    known = data.draw(some(procedure))
    shuffled = list(known.items())
    random.shuffle(shuffled)
    turned = {fact: random.sample(value, len(value)) if isinstance(value, list) else value for fact, value in shuffled}
    assert guidance(procedure, turned) == guidance(procedure, known)
    assert canonical(procedure, turned) == canonical(procedure, known)


@given(names, st.data())
def test_answering_what_is_asked_reaches_the_end_that_all_facts_give(name: str, data: st.DataObject) -> None:
    procedure = procedures.load(name)
    known = data.draw(whole(procedure))
    answered: Known = {}
    result = guidance(procedure, answered)
    while result.ask is not None:
        answered[result.ask.fact] = known[result.ask.fact]
        earlier, result = result, guidance(procedure, answered)
        assert result.steps[: len(earlier.steps)] == earlier.steps
        assert result.checklist[: len(earlier.checklist)] == earlier.checklist
    assert result == guidance(procedure, known)


def over(procedure: Procedure, read: Mapping[str, str | tuple[str, ...]], fact: str, new: str | list[str]) -> set[str]:
    """Return what held only for the answer that ``fact`` had: told by the data, link by link."""
    if fact not in read or canonical(procedure, {fact: new})[fact] == read[fact]:
        return set()
    gone = {fact}
    for _ in procedure.facts:
        gone |= {each.fact for each in procedure.facts.values() if gone & {*each.holds_for}}
    return gone - {fact}


@given(names, st.data())
def test_whatever_was_answered_what_held_for_another_answer_is_open_again(name: str, data: st.DataObject) -> None:
    procedure = procedures.load(name)
    known = canonical(procedure, data.draw(whole(procedure)))
    fact = data.draw(st.sampled_from(sorted(procedure.facts)))
    new = data.draw(answer(procedure.facts[fact]))
    changed = change(procedure, known, fact, new)
    assert not over(procedure, known, fact, new) & changed.keys()


@given(names, st.data())
def test_a_change_keeps_no_fact_that_could_not_be_read(name: str, data: st.DataObject) -> None:
    procedure = procedures.load(name)
    read = guidance(procedure, data.draw(whole(procedure))).facts
    fact = data.draw(st.sampled_from(sorted(procedure.facts)))
    new = data.draw(answer(procedure.facts[fact]))
    changed = change(procedure, read, fact, new)
    given_anew = dict(canonical(procedure, {**read, fact: new}))
    assert changed.items() <= given_anew.items()
    held = {name: given_anew[name] for name in given_anew if name not in over(procedure, read, fact, new)}
    assert guidance(procedure, changed) == guidance(procedure, held)
    if guidance(procedure, changed).status == "done":
        assert changed == guidance(procedure, changed).facts


words = st.one_of(st.text(max_size=12), st.sampled_from(sorted({*FACTS, *VALUES})))


@given(names, st.dictionaries(words, st.one_of(words, st.lists(words, max_size=3)), max_size=6))
def test_whatever_is_given_is_guidance_or_one_sentence_with_the_closest_name(
    name: str, facts: Mapping[str, str | list[str]]
) -> None:
    procedure = procedures.load(name)
    refused: Exception | None = None
    try:
        result = guidance(procedure, facts)
    except (UnknownName, WrongNumber) as wrong:
        refused = wrong
    if isinstance(refused, UnknownName):
        assert refused.closest in refused.valid
        assert str(refused).endswith(f"did you mean {refused.closest!r}?")
    elif isinstance(refused, WrongNumber):
        assert not procedure.facts[refused.fact].multiple
    else:
        assert facts.keys() <= procedure.facts.keys()
        assert len(result.asked) == len(result.facts) == len(trace(result))
