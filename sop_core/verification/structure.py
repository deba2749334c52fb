"""Structure: every name is defined once, every node asks or ends, every branch leads on, nothing runs in circles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from sop_core.cases.deadlines import DEADLINES
from sop_core.compiled import PROJECT
from sop_core.guidance import ANY, NONE
from sop_core.paths import combinations, paths
from sop_core.procedure import RESERVED, Effect, Fact, Guard, Instruction, Node, ProcedureFile, Sources
from sop_core.settings import DUE, ROLES
from sop_core.verification.problems import Problem, repeated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


MOST_COMBINATIONS = 500_000
"""All of them are walked. Thirty binary questions would have a thousand million."""

MOST_PATHS = 20_000
"""So many are proven in seconds. The procedure with the most that ships has 265."""

CHANNELS = ("phone", "chat", "email")
"""How people reach us. Records name it, so every procedure knows it, even one that it does not matter to."""


class _Defined(msgspec.Struct, frozen=True):
    facts: Mapping[str, Fact]
    nodes: frozenset[str]
    cases: frozenset[str]
    checklists: frozenset[str]
    gaps: frozenset[str]
    spans: frozenset[str]


def check_structure(file: ProcedureFile, sources: Sources) -> list[Problem]:
    """Return everything that keeps ``file`` from being compiled and walked."""
    defined = _Defined(
        facts={fact.name: fact for fact in file.facts},
        nodes=frozenset(node.id for node in file.nodes),
        cases=frozenset(case.name for case in file.cases),
        checklists=frozenset(each.name for each in file.checklists),
        gaps=frozenset(gap.id for gap in file.gaps),
        spans=frozenset(span.id for span in sources.spans),
    )
    problems = [*_twice(file), *_audience(file), *_facts(file), *_cases(file), *_others(file, defined)]
    if not file.nodes:
        problems.append(Problem("$.nodes", "a procedure starts with a node"))
    for index, node in enumerate(file.nodes):
        problems += _node(node, f"$.nodes[{index}]", defined)
    # Circles have no last path, so what is counted comes after them.
    return problems or [*_circles(file), *_unreachable(file)] or [*_endless(file)]


def _twice(file: ProcedureFile) -> Iterator[Problem]:
    named: dict[str, Iterable[str]] = {
        "facts": (each.name for each in file.facts),
        "nodes": (each.id for each in file.nodes),
        "cases": (each.name for each in file.cases),
        "checklists": (each.name for each in file.checklists),
        "lists": (each.name for each in file.lists),
        "gaps": (each.id for each in file.gaps),
        "invariants": (each.id for each in file.invariants),
    }
    for part, keys in named.items():
        for index, key in repeated(keys):
            yield Problem(f"$.{part}[{index}]", f"{key} is defined twice")
    for index, group in repeated(each.group for each in file.checklists):
        yield Problem(f"$.checklists[{index}]", f"another checklist is headed {group} too")
    yield from _steps_twice(file)


def _steps_twice(file: ProcedureFile) -> Iterator[Problem]:
    """Two nodes may share a step, word for word; two different steps may not share an id."""
    first: dict[str, Instruction] = {}
    for index, node in enumerate(file.nodes):
        for number, step in enumerate(node.steps):
            if first.setdefault(step.id, step) != step:
                yield Problem(f"$.nodes[{index}].steps[{number}]", f"another step is called {step.id} too")


def _audience(file: ProcedureFile) -> Iterator[Problem]:
    if not file.audience:
        yield Problem("$.audience", "some role must run the procedure")
    yield from (Problem("$.audience", f"there is no role {role}") for role in file.audience if role not in ROLES)


def _facts(file: ProcedureFile) -> Iterator[Problem]:
    for index, fact in enumerate(file.facts):
        place = f"$.facts[{index}]"
        values = [each.value for each in fact.answers]
        if len(values) < (1 if fact.multiple else 2):
            yield Problem(place, f"{fact.name} needs answers to choose from")
        yield from (Problem(f"{place}.answers[{at}]", f"{fact.name} has {each} twice") for at, each in repeated(values))
        yield from (Problem(place, f"no answer may be called {value}") for value in values if value in RESERVED)
        if fact.name == "channel" and not set(CHANNELS) <= set(values):
            yield Problem(place, f"a channel is any of {', '.join(CHANNELS)}, in every procedure")
    yield from _held(file)
    read = {"channel"} | {node.ask for node in file.nodes}
    for index, fact in enumerate(file.facts):
        if fact.name not in read:
            yield Problem(f"$.facts[{index}]", f"nothing asks {fact.name}")


def _held(file: ProcedureFile) -> Iterator[Problem]:
    """What an answer holds for is known, and no answer holds for itself, by whatever way."""
    known = {fact.name for fact in file.facts} | {PROJECT}
    for index, fact in enumerate(file.facts):
        unknown = (name for name in fact.holds_for if name not in known)
        yield from (Problem(f"$.facts[{index}]", f"{fact.name} holds for {name}, which is no fact") for name in unknown)
    for name in _circling({fact.name: set(fact.holds_for) for fact in file.facts}):
        index = next(at for at, fact in enumerate(file.facts) if fact.name == name)
        yield Problem(f"$.facts[{index}]", f"what {name} holds for runs in a circle")


def _cases(file: ProcedureFile) -> Iterator[Problem]:
    for index, case in enumerate(file.cases):
        place = f"$.cases[{index}]"
        yield from _deadline(case.due, place)
        named = [
            *((name, "optional") for name in case.optional),
            *((name, "from the project") for name in case.from_project),
            *((name, "from answers") for name in case.from_answers),
        ]
        yield from (Problem(place, f"{name} is {how} and no note") for name, how in named if name not in case.notes)
        yield from (Problem(place, f"{case.name} has the note {name} twice") for _, name in repeated(case.notes))
        filled = {fact for facts in case.from_answers.values() for fact in facts}
        unknown = sorted(filled - {fact.name for fact in file.facts})
        yield from (Problem(place, f"{case.name} takes the answers to {fact}, which is no fact") for fact in unknown)


def _deadline(rule: str, place: str) -> Iterator[Problem]:
    known = (*DEADLINES, *(f"{{{name}}}" for name in DUE))
    if rule not in known:
        yield Problem(place, f"{rule} is no deadline rule: there are {', '.join(known)}")


def _others(file: ProcedureFile, defined: _Defined) -> Iterator[Problem]:
    for index, invariant in enumerate(file.invariants):
        place = f"$.invariants[{index}]"
        yield from _guard(invariant.without, place, defined)
        yield from _guard(invariant.where, place, defined)
        yield from _effect(invariant.never, f"{place}.never", file)
    for index, example in enumerate(file.examples):
        guard = {fact: (answer,) if isinstance(answer, str) else answer for fact, answer in example.facts.items()}
        yield from _guard(guard, f"$.examples[{index}]", defined)
    for index, gap in enumerate(file.gaps):
        if gap.span not in defined.spans:
            yield Problem(f"$.gaps[{index}]", f"there is no span {gap.span}")
    cited = [
        (f"$.lists[{index}].items[{at}]", item.cite.span)
        for index, each in enumerate(file.lists)
        for at, item in enumerate(each.items)
    ] + [(f"$.checklists[{index}]", cite.span) for index, each in enumerate(file.checklists) for cite in each.cites]
    yield from (Problem(place, f"there is no span {span}") for place, span in cited if span not in defined.spans)


def _effect(effect: Effect, place: str, file: ProcedureFile) -> Iterator[Problem]:
    known = {
        "step": {step.id for node in file.nodes for step in node.steps},
        "transfer": {step.transfer.to for node in file.nodes for step in node.steps if step.transfer},
        "case": {case.name for case in file.cases},
        "end": {node.end.id for node in file.nodes if node.end},
    }
    named = {kind: name for kind, name in msgspec.structs.asdict(effect).items() if name is not None}
    if len(named) != 1:
        yield Problem(place, "names exactly one of step, transfer, case or end")
    yield from (Problem(place, f"there is no {kind} {name}") for kind, name in named.items() if name not in known[kind])


def _node(node: Node, place: str, defined: _Defined) -> Iterator[Problem]:
    if (node.ask is None) == (node.end is None):
        yield Problem(place, f"{node.id} must either ask or end")
    if node.end is not None and node.branches:
        yield Problem(place, f"{node.id} is an end and has no branches")
    if node.ask is not None and node.ask not in defined.facts:
        yield Problem(place, f"there is no fact {node.ask}")
    if node.ask in defined.facts:
        yield from _branches(node, place, defined)
    for number, step in enumerate(node.steps):
        yield from _step(step, f"{place}.steps[{number}]", defined)
    for number, shown in enumerate(node.checklists):
        if shown.name not in defined.checklists:
            yield Problem(f"{place}.checklists[{number}]", f"there is no checklist {shown.name}")
        yield from _guard(shown.when, f"{place}.checklists[{number}]", defined)
    if sum(step.case is not None for step in node.steps) > 1:
        yield Problem(place, f"{node.id} opens more than one case")
    if sum(step.disposition is not None or step.own_disposition for step in node.steps) > 1:
        yield Problem(place, f"{node.id} has more than one disposition")


def _branches(node: Node, place: str, defined: _Defined) -> Iterator[Problem]:
    fact = defined.facts[node.ask or ""]
    values = [each.value for each in fact.answers]
    for index, branch in enumerate(node.branches):
        at = f"{place}.branches[{index}]"
        if branch.go not in defined.nodes:
            yield Problem(at, f"there is no node {branch.go}")
        if not branch.on:
            yield Problem(at, "a branch is for at least one answer")
        if not (fact.multiple and set(branch.on) <= {ANY, NONE}):
            yield from _unknown(branch.on, values, fact.name, at)
    taken = [answer for branch in node.branches for answer in branch.on]
    yield from (Problem(place, f"{node.id} answers {answer} twice") for _, answer in repeated(taken))


def _step(step: Instruction, place: str, defined: _Defined) -> Iterator[Problem]:
    if not (step.say or step.do or step.warn or step.transfer):
        yield Problem(place, f"{step.id} tells the agent nothing")
    if step.case is not None and step.case not in defined.cases:
        yield Problem(place, f"there is no case {step.case}")
    if step.gap is not None and step.gap not in defined.gaps:
        yield Problem(place, f"there is no gap {step.gap}")
    for number, cite in enumerate(step.cites):
        if cite.span not in defined.spans:
            yield Problem(f"{place}.cites[{number}]", f"there is no span {cite.span}")
    if step.promise is not None:
        yield from _deadline(step.promise, place)
    elif step.promised_if:
        yield Problem(place, f"{step.id} says when its promise is made, and makes none")
    yield from _guard(step.promised_if, place, defined)
    yield from _guard(step.when, place, defined)
    if step.when and (step.case or step.disposition or step.own_disposition or step.transfer):
        yield Problem(place, f"{step.id} depends on an answer, so it may only say, do and warn: branch to a node")
    if step.disposition is not None and step.own_disposition:
        yield Problem(place, f"{step.id} has both a fixed disposition and one in own words")


def _guard(guard: Guard, place: str, defined: _Defined) -> Iterator[Problem]:
    for name, answers in guard.items():
        if name not in defined.facts:
            yield Problem(place, f"there is no fact {name}")
            continue
        fact = defined.facts[name]
        values = [each.value for each in fact.answers]
        yield from _unknown(answers, [*values, NONE, ANY] if fact.multiple else values, name, place)


def _unknown(answers: Sequence[str], values: Sequence[str], fact: str, place: str) -> Iterator[Problem]:
    yield from (Problem(place, f"{fact} has no answer {answer}") for answer in answers if answer not in values)


def _circles(file: ProcedureFile) -> list[Problem]:
    ahead = {node.id: {branch.go for branch in node.branches} for node in file.nodes}
    places = {node.id: f"$.nodes[{index}]" for index, node in enumerate(file.nodes)}
    return [Problem(places[node], f"{node} is on or before a circle") for node in _circling(ahead)]


def _circling(ahead: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return what is on or before a circle; ``ahead`` says of each what follows it."""
    while ends := {each for each, following in ahead.items() if not following & ahead.keys()}:
        ahead = {each: following for each, following in ahead.items() if each not in ends}
    return ahead


def _endless(file: ProcedureFile) -> Iterator[Problem]:
    if combinations(file) > MOST_COMBINATIONS:
        message = f"there are more combinations of answers than the {MOST_COMBINATIONS:,} that can be proven"
        yield Problem("$.facts", message)
    elif len(paths(file, limit=MOST_PATHS + 1)) > MOST_PATHS:
        yield Problem("$.nodes", f"there are more paths than the {MOST_PATHS:,} that can be proven")


def _unreachable(file: ProcedureFile) -> list[Problem]:
    ahead = {node.id: [branch.go for branch in node.branches] for node in file.nodes}
    reached: set[str] = set()
    pending = [node.id for node in file.nodes[:1]]
    while pending:
        node = pending.pop()
        if node not in reached:
            reached.add(node)
            pending += ahead[node]
    missed = [(index, node.id) for index, node in enumerate(file.nodes) if node.id not in reached]
    return [Problem(f"$.nodes[{index}]", f"nothing leads to {node}") for index, node in missed]
