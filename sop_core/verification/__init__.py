"""Proof of a procedure: every combination of answers, every script, every citation, every gap.

Structure first (do the names hold together?), then wording (is each script in its source?), then outcomes (does each
combination end where it should?). Outcomes need a sound structure; wording is checked either way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from sop_core.compiler import digest
from sop_core.verification.outcomes import check_outcomes
from sop_core.verification.problems import Problem
from sop_core.verification.structure import check_structure
from sop_core.verification.translations import check_translations
from sop_core.verification.wording import check_sources, check_wording

if TYPE_CHECKING:
    from sop_core.procedure import ProcedureFile, Sources

__all__ = ["Counts", "Problem", "Report", "verify", "verify_sources"]


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What was proven. ``combinations`` are of the classes that the data tells apart, ``answer_sets`` all there are.

    ``paths`` that differ only in what a step or a checklist on the way depends on are counted once.
    """

    combinations: int
    answer_sets: int
    paths: int
    ends: int
    steps: int
    scripts: int
    translations: int
    citations: int
    gaps: int
    invariants: int
    examples: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of verification: proven if ``problems`` is empty. ``digest`` is the hash of what was read."""

    procedure: str
    version: str
    digest: str
    counts: Counts
    problems: tuple[Problem, ...]


def verify(file: ProcedureFile, sources: Sources) -> Report:
    """Prove ``file`` against ``sources``, or say what stands against it."""
    structure = check_structure(file, sources)
    wording = [] if structure else [*check_wording(file, sources), *check_translations(file)]
    outcomes = None if structure else check_outcomes(file, sources)
    steps = {step.id: step for node in file.nodes for step in node.steps}.values()
    counts = Counts(
        combinations=outcomes.combinations if outcomes else 0,
        answer_sets=outcomes.answer_sets if outcomes else 0,
        paths=len({path.nodes for path in outcomes.paths}) if outcomes else 0,
        ends=sum(node.end is not None for node in file.nodes),
        steps=len(steps),
        scripts=len({script for step in steps for script in step.say}),
        translations=len(file.translations),
        citations=sum(len(step.cites) for step in steps),
        gaps=len(file.gaps),
        invariants=len(file.invariants),
        examples=len(file.examples),
    )
    return Report(
        procedure=file.procedure,
        version=file.version,
        digest=digest(file, sources),
        counts=counts,
        problems=(*structure, *wording, *(outcomes.problems if outcomes else ())),
    )


def verify_sources(files: tuple[ProcedureFile, ...], sources: Sources) -> tuple[Problem, ...]:
    """Return what is wrong with the sources themselves, given all the files that cite them."""
    return tuple(check_sources(files, sources))
