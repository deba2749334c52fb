"""Every way through a procedure file, by walking its nodes with sets of answers instead of single ones.

This walk shares no code with :mod:`sop_core.guidance`: verification compares the two.
"""

from __future__ import annotations

from itertools import islice, product
from typing import TYPE_CHECKING

import msgspec

from sop_core.guidance import ANY, NONE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sop_core.procedure import End, Fact, Guard, Instruction, Node, ProcedureFile

Value = str | tuple[str, ...]
"""One answer, or all the answers given at once to a fact that takes several."""

Values = tuple[Value, ...]


class Path(msgspec.Struct, frozen=True, kw_only=True):
    """A way through: the facts read, in order, each with the answers that lead this way.

    ``end`` is ``None`` where the path is ``lost``: a node does not branch for these answers.
    """

    answers: dict[str, Values]
    nodes: tuple[str, ...]
    steps: tuple[Instruction, ...]
    checklists: tuple[str, ...]
    end: End | None
    lost: tuple[str, ...] = ()


def domains(file: ProcedureFile, beside: ProcedureFile | None = None) -> dict[str, Values]:
    """Return every fact's values: its answers, or where it takes several, one value of each class of sets of answers.

    The data reads such a fact only by asking whether any of some answers was given. Answers that no such test
    separates are interchangeable, so which of these atoms occur decides everything. ``beside`` another file, the
    classes are those that either tells apart, of the answers that both have.
    """
    tests = _tests(file, beside)
    return {fact.name: _domain(_common(fact, beside), tests.get(fact.name, [])) for fact in file.facts}


def same_class(file: ProcedureFile) -> Callable[[str, Value], Value]:
    """Return a function from a fact and its value to the value that stands for its class in :func:`domains`."""
    tests = _tests(file)
    atoms = {fact.name: _atoms(fact, tests.get(fact.name, [])) for fact in file.facts if fact.multiple}

    def representative(name: str, value: Value) -> Value:
        if isinstance(value, str):
            return value
        present = {atoms[name][each] for each in value}
        return tuple(atom for atom in dict.fromkeys(atoms[name].values()) if atom in present)

    return representative


def combinations(file: ProcedureFile, beside: ProcedureFile | None = None) -> int:
    """Return how many combinations :func:`domains` stands for, without forming them."""
    tests = _tests(file, beside)
    total = 1
    for fact in file.facts:
        asked = _common(fact, beside)
        total *= 2 ** len(set(_atoms(asked, tests.get(fact.name, [])).values())) if fact.multiple else len(fact.answers)
    return total


def answer_sets(file: ProcedureFile) -> int:
    """Return how many combinations of answers there are in all, before classes are formed."""
    total = 1
    for fact in file.facts:
        total *= 2 ** len(fact.answers) if fact.multiple else len(fact.answers)
    return total


def paths(file: ProcedureFile, beside: ProcedureFile | None = None, *, limit: int | None = None) -> tuple[Path, ...]:
    """Return every path of ``file``, or the first ``limit``. All hold each combination of answers exactly once."""
    begun = Path(answers={}, nodes=(), steps=(), checklists=(), end=None)
    return tuple(islice(_Walk(file, beside).from_node(file.nodes[0], begun), limit))


class Way(msgspec.Struct, frozen=True):
    """All paths through the same nodes: they differ only in what a step or checklist on the way depends on.

    ``answers`` are those of all of them, each fact's together. ``shown`` are the steps and checklists, by name, each
    with what it depends on: nothing where every path shows it.
    """

    paths: tuple[Path, ...]
    answers: dict[str, Values]
    shown: dict[str, Guard]

    @property
    def end(self) -> End | None:
        """Return where the way ends."""
        return self.paths[0].end

    def steps(self) -> tuple[Instruction, ...]:
        """Return every step that may be shown, in order."""
        steps = {step.id: step for path in self.paths for step in path.steps}
        return tuple(steps[name] for name in self.shown if name in steps)


def ways(file: ProcedureFile) -> tuple[Way, ...]:
    """Return the paths of ``file`` by the nodes that they go through."""
    together: dict[tuple[str, ...], list[Path]] = {}
    for path in paths(file):
        together.setdefault(path.nodes, []).append(path)
    whole, nodes = domains(file), {node.id: node for node in file.nodes}
    return tuple(_way(tuple(each), whole, [nodes[name] for name in way]) for way, each in together.items())


def _way(alike: tuple[Path, ...], whole: Mapping[str, Values], nodes: Sequence[Node]) -> Way:
    answers = {
        fact: tuple(value for value in whole[fact] if any(value in path.answers[fact] for path in alike))
        for fact in alike[0].answers
    }
    shown: dict[str, Guard] = {}
    for name, guard in (each for node in nodes for each in node.guarded()):
        seen = [name in path.checklists or any(step.id == name for step in path.steps) for path in alike]
        if any(seen):
            shown[name] = {} if all(seen) else guard
    return Way(alike, answers, shown)


def holds(value: Value, on: Sequence[str]) -> bool:
    """Tell whether a branch or guard for ``on`` is meant by ``value``."""
    if isinstance(value, str):
        return value in on
    return any(each in on for each in value) or (ANY in on and bool(value)) or (NONE in on and not value)


class _Walk:
    def __init__(self, file: ProcedureFile, beside: ProcedureFile | None) -> None:
        self._nodes: Mapping[str, Node] = {node.id: node for node in file.nodes}
        self._domains = domains(file, beside)

    def from_node(self, node: Node, before: Path) -> Iterator[Path]:
        guards = [guard for guard in node.guards() if guard]
        for answers in self._split(before.answers, guards):
            yield from self._beyond(node, _through(node, before, answers))

    def _beyond(self, node: Node, path: Path) -> Iterator[Path]:
        if node.ask is None:
            yield msgspec.structs.replace(path, end=node.end)
            return
        left = path.answers.get(node.ask, self._domains[node.ask])
        for branch in node.branches:
            taken = tuple(value for value in left if holds(value, branch.on))
            if taken:
                answered = msgspec.structs.replace(path, answers=path.answers | {node.ask: taken})
                yield from self.from_node(self._nodes[branch.go], answered)
        unanswered = [value for value in left if not any(holds(value, branch.on) for branch in node.branches)]
        if unanswered:
            yield msgspec.structs.replace(path, lost=tuple(str(value) for value in unanswered))

    def _split(self, answers: dict[str, Values], guards: Sequence[Guard]) -> Iterator[dict[str, Values]]:
        """Yield ``answers`` in parts within which every guard has one outcome."""
        for guard in guards:
            for fact, on in guard.items():
                left = answers.get(fact, ())
                parts = [tuple(v for v in left if holds(v, on)), tuple(v for v in left if not holds(v, on))]
                if all(parts):
                    for part in parts:
                        yield from self._split(answers | {fact: part}, guards)
                    return
        yield answers


def _through(node: Node, before: Path, answers: dict[str, Values]) -> Path:
    return msgspec.structs.replace(
        before,
        answers=answers,
        nodes=(*before.nodes, node.id),
        steps=before.steps + tuple(step for step in node.steps if _shown(step.when, answers)),
        checklists=before.checklists + tuple(each.name for each in node.checklists if _shown(each.when, answers)),
    )


def _shown(guard: Guard, answers: Mapping[str, Values]) -> bool:
    return all(fact in answers and all(holds(value, on) for value in answers[fact]) for fact, on in guard.items())


def _common(fact: Fact, beside: ProcedureFile | None) -> Fact:
    other = next((each for each in beside.facts if each.name == fact.name), None) if beside else None
    if other is None or not fact.multiple:
        return fact
    theirs = {each.value for each in other.answers}
    return msgspec.structs.replace(fact, answers=tuple(each for each in fact.answers if each.value in theirs))


def _tests(file: ProcedureFile, beside: ProcedureFile | None = None) -> dict[str, list[tuple[str, ...]]]:
    tests: dict[str, list[tuple[str, ...]]] = _tests(beside) if beside else {}
    for node in file.nodes:
        for branch in node.branches:
            tests.setdefault(node.ask or "", []).append(branch.on)
        for guard in node.guards():
            for fact, on in guard.items():
                tests.setdefault(fact, []).append(on)
    for invariant in file.invariants:
        for guard in (invariant.without, invariant.where):
            for fact, on in guard.items():
                tests.setdefault(fact, []).append(on)
    return tests


def _domain(fact: Fact, tests: list[tuple[str, ...]]) -> Values:
    if not fact.multiple:
        return tuple(each.value for each in fact.answers)
    atoms = tuple(dict.fromkeys(_atoms(fact, tests).values()))
    picks = product(*((False, True) for _ in atoms))
    return tuple(tuple(atom for atom, picked in zip(atoms, pick, strict=True) if picked) for pick in picks)


def _atoms(fact: Fact, tests: list[tuple[str, ...]]) -> dict[str, str]:
    """Return for each answer the first of those that no test tells apart from it."""
    first: dict[tuple[bool, ...], str] = {}
    return {each.value: first.setdefault(tuple(each.value in on for on in tests), each.value) for each in fact.answers}
