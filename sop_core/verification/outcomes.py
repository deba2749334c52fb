"""Outcomes: every combination of answers ends, where the paths say it ends, with what that end owes."""

from __future__ import annotations

from collections import Counter
from itertools import product
from math import prod
from typing import TYPE_CHECKING

import msgspec

from sop_core.compiler import compile_procedure
from sop_core.guidance import guidance
from sop_core.paths import Path, Value, answer_sets, domains, holds, paths, same_class
from sop_core.procedure import Effect, Example, Guard, Instruction, Invariant, ProcedureFile, Sources
from sop_core.verification.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sop_core.guidance import Guidance, Procedure, Read

Outcome = tuple[str | None, tuple[str, ...], tuple[str, ...], str | None, str | None]
"""End, steps, checklists, the step that opens a case, disposition."""


class Outcomes(msgspec.Struct, frozen=True, kw_only=True):
    """What the walk over all combinations found."""

    combinations: int
    answer_sets: int
    paths: tuple[Path, ...]
    problems: tuple[Problem, ...]


def check_outcomes(file: ProcedureFile, sources: Sources) -> Outcomes:
    """Walk every combination of ``file``, whose structure must be sound."""
    found = paths(file)
    problems = [*_lost(file, found), *_never_taken(file, found), *_dispositions(file, found)]
    total = prod(len(values) for values in domains(file).values())
    if not problems:
        procedure = compile_procedure(file, sources)
        # The cheap proofs first; only what passes them is worth the walk over all combinations.
        problems = [
            *_examples(file, procedure),
            *_not_shown(file, procedure, found),
            *_every_outcome(file, procedure, found),
        ] or [*_every_combination(file, procedure)]
    return Outcomes(combinations=total, answer_sets=answer_sets(file), paths=found, problems=tuple(problems))


def _lost(file: ProcedureFile, found: tuple[Path, ...]) -> Iterator[Problem]:
    for path in found:
        if path.lost:
            yield Problem(_place(file, path.nodes[-1]), f"{path.nodes[-1]} does not answer {', '.join(path.lost)}")


def _never_taken(file: ProcedureFile, found: tuple[Path, ...]) -> Iterator[Problem]:
    """Yield nodes, answers and steps that no combination reaches."""
    taken = set(_taken(file, found))
    shown = {(node, step) for path in found for node, step in _shown_steps(file, path)}
    for index, node in enumerate(file.nodes):
        for number, branch in enumerate(node.branches):
            for answer in branch.on:
                if (node.id, answer) not in taken:
                    yield Problem(f"$.nodes[{index}].branches[{number}]", f"nobody with {answer} gets to {node.id}")
        for number, step in enumerate(node.steps):
            if (node.id, step.id) not in shown:
                yield Problem(f"$.nodes[{index}].steps[{number}]", f"{step.id} is never shown")
        for number, checklist in enumerate(node.checklists):
            if not any(checklist.name in path.checklists for path in found if node.id in path.nodes):
                yield Problem(f"$.nodes[{index}].checklists[{number}]", f"{checklist.name} is never shown")


def _taken(file: ProcedureFile, found: tuple[Path, ...]) -> Iterator[tuple[str, str]]:
    nodes = {node.id: node for node in file.nodes}
    for path in found:
        for name in path.nodes:
            node = nodes[name]
            values = path.answers.get(node.ask or "", ())
            for branch in node.branches:
                yield from ((name, answer) for answer in branch.on if any(holds(value, (answer,)) for value in values))


def _shown_steps(file: ProcedureFile, path: Path) -> Iterator[tuple[str, str]]:
    ids = {step.id for step in path.steps}
    for node in file.nodes:
        if node.id in path.nodes:
            yield from ((node.id, step.id) for step in node.steps if step.id in ids)


def _dispositions(file: ProcedureFile, found: tuple[Path, ...]) -> Iterator[Problem]:
    """Yield ends without the disposition they owe, or with one too many; and paths that open two cases."""
    owed = {"fixed": (1, 0), "own": (0, 1), "none": (0, 0)}
    for path in found:
        if path.end is None:
            continue
        has = (
            sum(step.disposition is not None for step in path.steps),
            sum(step.own_disposition for step in path.steps),
        )
        if has != owed[path.end.disposition]:
            message = f"{path.end.id} owes the disposition {path.end.disposition}, and its steps have {_counted(has)}"
            yield Problem(_place(file, path.nodes[-1]), message)
        if sum(step.case is not None for step in path.steps) > 1:
            yield Problem(_place(file, path.nodes[-1]), f"a path to {path.end.id} opens two cases")


def _counted(has: tuple[int, int]) -> str:
    return f"{has[0]} fixed and {has[1]} in own words"


def _as_read(file: ProcedureFile, procedure: Procedure) -> Iterator[tuple[Guidance, int]]:
    """Answer question after question in every way: each end, with how many combinations get there."""
    values = domains(file)
    pending: list[Read] = [{}]
    while pending:
        facts = pending.pop()
        result = guidance(procedure, facts)
        if result.ask is None:
            yield result, prod(len(domain) for fact, domain in values.items() if fact not in facts)
        else:
            pending += [{**facts, result.ask.fact: value} for value in values[result.ask.fact]]


def _every_outcome(file: ProcedureFile, procedure: Procedure, found: tuple[Path, ...]) -> Iterator[Problem]:
    """Compare the outcomes with those of the paths, combination for combination, and hold them to the invariants."""
    values = domains(file)
    counted: Counter[Outcome] = Counter()
    broken: Counter[int] = Counter()
    breaches = [_Breach(each, file) for each in file.invariants]
    for result, combinations in _as_read(file, procedure):
        counted[_outcome(result)] += combinations
        broken.update({number: combinations for number, breach in enumerate(breaches) if breach.by(result)})
    expected: Counter[Outcome] = Counter()
    groups = {each.name: each.group for each in file.checklists}
    for path in found:
        expected[_path_outcome(path, groups)] += _size(path, values)
    for outcome in sorted(counted.keys() | expected.keys(), key=str):
        if counted[outcome] != expected[outcome]:
            message = f"{counted[outcome]} combinations end in {outcome[0]}, and the paths hold {expected[outcome]}"
            yield Problem("$.nodes", message)
    for number, times in sorted(broken.items()):
        yield Problem(f"$.invariants[{number}]", f"{times} combinations break it: {file.invariants[number].rule}")


def _every_combination(file: ProcedureFile, procedure: Procedure) -> Iterator[Problem]:
    """Answer every combination with all its facts at once: those that its path does not need must change nothing."""
    ends = {tuple(result.facts.items()): result for result, _ in _as_read(file, procedure)}
    values = domains(file)
    for combination in product(*values.values()):
        result = guidance(procedure, dict(zip(values, combination, strict=True)))
        if ends.get(tuple(result.facts.items())) != result:
            yield Problem("$.nodes", f"facts that nothing asked for change what ends in {result.end}")
            return


def _size(path: Path, values: dict[str, tuple[str | tuple[str, ...], ...]]) -> int:
    return prod(len(path.answers.get(fact, domain)) for fact, domain in values.items())


def _outcome(result: Guidance) -> Outcome:
    return (
        result.end,
        tuple(step.id for step in result.steps),
        tuple(each.group for each in result.checklist),
        result.case.step if result.case else None,
        result.disposition,
    )


def _path_outcome(path: Path, groups: Mapping[str, str]) -> Outcome:
    return (
        path.end.id if path.end else None,
        tuple(step.id for step in path.steps),
        tuple(groups[name] for name in path.checklists),
        next((step.id for step in path.steps if step.case), None),
        next((step.disposition for step in path.steps if step.disposition), None),
    )


class _Breach:
    """An invariant ready to be held against results: which steps have the effect that it forbids."""

    def __init__(self, invariant: Invariant, file: ProcedureFile) -> None:
        self._invariant = invariant
        self._end = invariant.never.end
        self._steps = frozenset(step.id for node in file.nodes for step in node.steps if _has(step, invariant.never))

    def by(self, result: Guidance) -> bool:
        if result.end != self._end and not any(step.id in self._steps for step in result.steps):
            return False
        return _given(result, self._invariant.where) and not _given(result, self._invariant.without)


def _has(step: Instruction, effect: Effect) -> bool:
    if effect.transfer is not None:
        return step.transfer is not None and step.transfer.to == effect.transfer
    if effect.case is not None:
        return step.case == effect.case
    return step.id == effect.step


def _given(result: Guidance, guard: Guard) -> bool:
    return all(fact in result.facts and holds(result.facts[fact], answers) for fact, answers in guard.items())


def _examples(file: ProcedureFile, procedure: Procedure) -> Iterator[Problem]:
    cases = {step.id: step.case for node in file.nodes for step in node.steps}
    checklists = {each.group: each.name for each in file.checklists}
    for index, example in enumerate(file.examples):
        result = guidance(procedure, example.facts)
        got = Example(
            facts=example.facts,
            steps=tuple(step.id for step in result.steps),
            checklists=tuple(checklists[each.group] for each in result.checklist),
            transfers=tuple(step.transfer.to for step in result.steps if step.transfer),
            case=cases[result.case.step] if result.case else None,
            disposition=result.disposition,
            end=result.end or "",
        )
        if got != example:
            yield Problem(f"$.examples[{index}]", _difference(example, got))


def _difference(example: Example, got: Example) -> str:
    parts = (
        f"{name} should be {_words(getattr(example, name))} and are {_words(getattr(got, name))}"
        for name in ("end", "steps", "checklists", "transfers", "case", "disposition")
        if getattr(example, name) != getattr(got, name)
    )
    return "; ".join(parts)


def _words(value: str | tuple[str, ...] | None) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return value or "none"


def _not_shown(file: ProcedureFile, procedure: Procedure, found: tuple[Path, ...]) -> Iterator[Problem]:
    """Yield ways and answers that no example shows: an owner who reads the examples has seen every turn there is."""
    read = [guidance(procedure, example.facts).facts for example in file.examples]
    alike = same_class(file)
    taken = [(path, facts) for facts in read for path in found if _follows(facts, path, alike)]
    shown = {turn for path, facts in taken for turn in _turns(file, facts, path)}
    for node, answer in dict.fromkeys(_taken(file, found)):
        if (node, answer) not in shown:
            yield Problem(_place(file, node), f"no example shows {answer} at {node}")
    ways = {path.nodes for path, _ in taken}
    for way in dict.fromkeys(path.nodes for path in found):
        if way not in ways:
            yield Problem(_place(file, way[-1]), f"no example shows this way to it: {', '.join(way)}")
    yield from _guards_not_shown(file, taken)


def _guards_not_shown(file: ProcedureFile, taken: list[tuple[Path, Read]]) -> Iterator[Problem]:
    """Yield what depends on an answer where no example shows it for this answer alone, or none leaves it out."""
    guards = {name: guard for node in file.nodes for name, guard in node.guarded() if guard}
    for name, guard in guards.items():
        holders = {node.id for node in file.nodes for each, _ in node.guarded() if each == name}
        through = [facts for path, facts in taken if holders.intersection(path.nodes)]
        kept = [facts for facts in through if all(holds(facts.get(fact, ()), on) for fact, on in guard.items())]
        if len(kept) == len(through):
            yield Problem("$.nodes", f"no example leaves {name} out")
        for fact, on in guard.items():
            for answer in on:
                others = tuple(each for each in on if each != answer)
                if not any(holds(facts[fact], (answer,)) and not holds(facts[fact], others) for facts in kept):
                    yield Problem("$.nodes", f"no example shows {name} for {answer} alone")


def _turns(file: ProcedureFile, facts: Read, path: Path) -> Iterator[tuple[str, str]]:
    nodes = {node.id: node for node in file.nodes}
    for name in path.nodes:
        given = facts.get(nodes[name].ask or "", ())
        on = (answer for branch in nodes[name].branches for answer in branch.on)
        yield from ((name, answer) for answer in on if holds(given, (answer,)))


def _follows(facts: Read, path: Path, alike: Callable[[str, Value], Value]) -> bool:
    """Tell whether ``facts`` lead along ``path``. Several answers at once stand for all the sets read alike."""
    return facts.keys() == path.answers.keys() and all(alike(name, facts[name]) in path.answers[name] for name in facts)


def _place(file: ProcedureFile, node: str) -> str:
    return next(f"$.nodes[{index}]" for index, each in enumerate(file.nodes) if each.id == node)
