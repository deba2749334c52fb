"""Whatever was answered, nothing that was said of one project is said of the next, in any procedure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from functions.slack.facts import answered, with_project, without_project
from sop_aws.runs import Run
from sop_core import procedures
from sop_core.guidance import change, guidance
from tests.builders.sheets import LISTED

if TYPE_CHECKING:
    from functions.slack.facts import Value
    from sop_core.guidance import Procedure

OTHER = replace(LISTED, key="INF-100009", project_id="INF-100009", installer=None)
"""A project of which the sheet proves nothing but that it is there."""

names = st.sampled_from(procedures.names())


def of_the_agent(procedure: Procedure, data: st.DataObject) -> dict[str, Value]:
    """Return what an agent may have answered before a project was chosen."""
    facts: dict[str, Value] = {}
    for question in procedure.facts.values():
        values = tuple(each.value for each in question.answers)
        some: st.SearchStrategy[Value] = st.just(values) if question.multiple else st.sampled_from(values)
        known = data.draw(st.none() | some)
        if known is not None and question.fact != "project":
            facts[question.fact] = known
    return facts


def a_run(procedure: Procedure, facts: dict[str, Value]) -> Run:
    return Run(
        id="r",
        version=1,
        owner="U1",
        procedure=procedure.name,
        procedure_version=procedure.version,
        state="active",
        started_at="2026-11-20T15:00:00Z",
        updated_at="2026-11-20T15:00:00Z",
        expires_at=0,
        facts=facts,
        sources=dict.fromkeys(facts, "agent"),
    )


@given(names, st.data())
def test_nothing_that_was_said_of_one_project_is_said_of_another(name: str, data: st.DataObject) -> None:
    procedure, has_case = procedures.load(name), data.draw(st.booleans())
    chosen = with_project(procedure, a_run(procedure, {}), LISTED, has_open_case=has_case)
    run = answered(procedure, chosen, of_the_agent(procedure, data), "agent")
    of_it = procedure.resting_on("project")
    assert of_it, "every procedure has such answers"
    for left in (without_project(procedure, run), with_project(procedure, run, OTHER, has_open_case=False)):
        assert not of_it & left.facts.keys()
        assert left.sources.keys() <= left.facts.keys()
    assert with_project(procedure, run, LISTED, has_open_case=has_case) == run, "the same project changes nothing"


@given(names, st.data())
def test_the_first_project_that_is_chosen_keeps_what_the_agent_answered(name: str, data: st.DataObject) -> None:
    procedure = procedures.load(name)
    facts = dict(guidance(procedure, of_the_agent(procedure, data)).facts)
    chosen = with_project(procedure, a_run(procedure, facts), OTHER, has_open_case=False)
    kept = change(procedure, facts, "project", "found") if "project" in procedure.facts else facts
    assert chosen.facts == kept
