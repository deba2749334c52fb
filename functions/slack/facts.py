"""A run's facts: what the agent answered, and what the sheet, the groups or our own cases prove.

An agent's later answers fall away when they no longer apply. What was proved stays known, also where the path of the
moment does not ask for it, until another project is chosen. What holds only for another answer, or for another project,
is asked again, whoever answered it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from sop_core.compiled import PROJECT
from sop_core.guidance import change

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sop_aws.runs import Run, Source
    from sop_core.guidance import Procedure
    from sop_core.transfers.project import Project

OF_THE_PROJECT: Final = ("sheet", "store")
"""Sources that speak of one project."""

ABSENT: Final = (PROJECT, "not_found")
"""The answer that the sheet holds no such project."""

Value = str | tuple[str, ...]


def answered(procedure: Procedure, run: Run, answers: Mapping[str, Value], source: Source) -> Run:
    """Return the run with facts answered by ``source``; later answers that no longer apply are dropped."""
    if PROJECT in answers and PROJECT in run.facts:
        # Whichever project it is said to be, another was said before.
        run = without_project(procedure, run)
    facts: dict[str, Value] = dict(run.facts)
    for fact, value in answers.items():
        facts = change(procedure, facts, fact, value)
    changed = [fact for fact in answers if fact in run.facts and run.facts[fact] != facts.get(fact)]
    over = procedure.resting_on(*changed)
    proved = {
        fact: run.facts[fact]
        for fact, name in run.sources.items()
        if name != "agent" and fact in run.facts and fact not in over
    }
    facts = proved | facts
    sources = run.sources | dict.fromkeys(answers, source)
    return replace(run, facts=facts, sources={fact: name for fact, name in sources.items() if fact in facts})


def with_project(procedure: Procedure, run: Run, project: Project, *, has_open_case: bool) -> Run:
    """Return the run with its project chosen, and what the sheet and our cases prove by that."""
    if run.project_key == project.key:
        return run
    # Rows that contradict each other prove that the project is there, not who has it: that is asked.
    installer = None if project.conflict else project.installer
    of_sheet = {PROJECT: "found"} | ({"installer": installer} if installer else {})
    asked = procedure.facts
    known = {fact: value for fact, value in of_sheet.items() if fact in asked}
    proved = answered(procedure, without_project(procedure, run), known, "sheet")
    if has_open_case:
        # Our store proves that there is a case, never that there is none: Salesforce may hold one.
        held = {name: "yes" for name, question in asked.items() if question.source == "store"}
        proved = answered(procedure, proved, held, "store")
    return replace(proved, project_key=project.key)


def without_project(procedure: Procedure, run: Run) -> Run:
    """Return the run with its project open again, and nothing of what was proved by it or holds only for it.

    A run that has no project yet keeps what was answered: it was answered about nobody else.
    """
    if run.project_key is None and PROJECT not in run.facts:
        return run
    of_it = {fact for fact, source in run.sources.items() if source in OF_THE_PROJECT} | {PROJECT}
    gone = of_it | procedure.resting_on(*of_it)
    facts = {fact: value for fact, value in run.facts.items() if fact not in gone}
    sources = {fact: source for fact, source in run.sources.items() if fact not in gone}
    return replace(run, facts=facts, sources=sources, project_key=None)
