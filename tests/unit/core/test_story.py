"""A run's story holds every step and answer once, in order, and each transfer right before its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sop_core import procedures
from sop_core.guidance import guidance
from sop_core.paths import paths
from sop_core.procedures import reading
from sop_core.story import story

if TYPE_CHECKING:
    from sop_core.story import Turn


def told(name: str, facts: dict[str, Any]) -> tuple[Turn, ...]:
    procedure = procedures.load(name)
    return story(procedure, guidance(procedure, facts))


@pytest.mark.parametrize("name", procedures.names())
def test_a_story_holds_every_step_and_every_answer_once_in_order(name: str) -> None:
    procedure = procedures.load(name)
    for path in paths(reading.find(name).file):
        found = guidance(procedure, {fact: values[0] for fact, values in path.answers.items()})
        turns = story(procedure, found)
        assert tuple(step for turn in turns for step in turn.steps) == found.steps
        assert [turn.answer.fact for turn in turns if turn.answer] == [question.fact for question in found.asked]


def test_what_came_of_a_transfer_is_the_answer_that_follows_it() -> None:
    facts = {
        "customer_asked": "yes",
        "qualifiers": ["fraud"],
        "existing_case": "no",
        "agrees_to_wait": "no",
        "channel": "phone",
        "tier2": "available",
        "tier2_answered": "no",
        "resolution_lead": "available",
        "lead_answered": "yes",
    }
    tried = [
        (step.transfer.to, turn.answer and turn.answer.label)
        for turn in told("escalation", facts)
        for step in turn.steps
        if step.transfer
    ]
    assert tried == [("{tier2_skill}", "No answer"), ("{resolution_lead_skill}", "Answered")]
