"""From a procedure file and its sources to the compiled procedure that answers: names resolved, steps built, once."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from sop_core.compiled import (
    ANY,
    NONE,
    Answer,
    CaseDraft,
    ChecklistGroup,
    Cite,
    Emission,
    Procedure,
    Question,
    Stage,
    Step,
    Test,
    TraceLine,
    Transfer,
    Translation,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sop_core.procedure import (
        CaseTemplate,
        Citation,
        Document,
        Fact,
        Instruction,
        Node,
        ProcedureFile,
        Sources,
        Span,
    )


class _Names(msgspec.Struct, frozen=True):
    """What the names of a file stand for."""

    questions: Mapping[str, Question]
    nodes: Mapping[str, int]
    cases: Mapping[str, CaseTemplate]
    checklists: Mapping[str, ChecklistGroup]
    spans: Mapping[str, Span]
    documents: Mapping[str, Document]
    translations: tuple[Translation, ...]


def compile_procedure(file: ProcedureFile, sources: Sources) -> Procedure:
    """Return ``file`` ready to answer. It must have passed verification's structural checks.

    :raises KeyError: for a name that the file or the sources do not define.
    """
    names = _names(file, sources)
    return Procedure(
        name=file.procedure,
        title=file.title,
        version=file.version,
        effective=file.effective.isoformat(),
        digest=digest(file, sources),
        facts=dict(names.questions),
        single={fact.name: frozenset(each.value for each in fact.answers) for fact in file.facts if not fact.multiple},
        stages=tuple(_stage(node, names) for node in file.nodes),
        audience=file.audience,
        lists={each.name: tuple(item.text for item in each.items) for each in file.lists},
    )


def digest(file: ProcedureFile, sources: Sources) -> str:
    """Return the hash of a file and of the spans it cites: the same hash means the same guidance, word for word."""
    cited = set(cited_spans(file))
    spans = [span for span in sources.spans if span.id in cited]
    return hashlib.sha256(msgspec.json.encode((file, spans), order="deterministic")).hexdigest()


def cited_spans(file: ProcedureFile) -> Iterable[str]:
    """Yield the id of every span that ``file`` rests on, as often as it does."""
    yield from (cite.span for node in file.nodes for step in node.steps for cite in step.cites)
    yield from (cite.span for each in file.checklists for cite in each.cites)
    yield from (item.cite.span for each in file.lists for item in each.items)
    yield from (gap.span for gap in file.gaps)


def _names(file: ProcedureFile, sources: Sources) -> _Names:
    return _Names(
        questions={fact.name: _question(fact) for fact in file.facts},
        nodes={node.id: index for index, node in enumerate(file.nodes)},
        cases={case.name: case for case in file.cases},
        checklists={each.name: ChecklistGroup(each.group, each.questions) for each in file.checklists},
        spans={span.id: span for span in sources.spans},
        documents={document.id: document for document in sources.documents},
        translations=tuple(
            Translation(each.script, each.language, each.text, each.approved_by, each.approved_on.isoformat())
            for each in file.translations
        ),
    )


def _question(fact: Fact) -> Question:
    return Question(
        fact=fact.name,
        question=fact.question,
        answers=tuple(Answer(each.value, each.label) for each in fact.answers),
        multiple=fact.multiple,
        source=fact.source,
        widget=fact.widget,
        hint=fact.hint,
        told={
            each.value: TraceLine(fact.name, fact.question, each.value, each.label, "agent") for each in fact.answers
        },
        holds_for=fact.holds_for,
    )


def _stage(node: Node, names: _Names) -> Stage:
    steps = tuple(_step(each, names) for each in node.steps)
    groups = tuple(names.checklists[each.name] for each in node.checklists)
    guarded = any(node.guards())
    question = names.questions[node.ask] if node.ask else None
    multiple = question is not None and question.multiple
    return Stage(
        node=node.id,
        steps=() if guarded else steps,
        checklist=() if guarded else groups,
        guarded=_emissions(node, steps, groups) if guarded else (),
        ask=question,
        fact=node.ask or "",
        go={} if multiple else {answer: names.nodes[each.go] for each in node.branches for answer in each.on},
        tests=tuple(_tests(node, question, names)) if multiple and question else (),
        case=_case(node, names),
        disposition=next((step.disposition for step in node.steps if step.disposition), None),
        end=node.end.id if node.end else None,
    )


def _emissions(node: Node, steps: tuple[Step, ...], groups: tuple[ChecklistGroup, ...]) -> tuple[Emission, ...]:
    return (
        *(Emission(when=each.when, step=step) for each, step in zip(node.steps, steps, strict=True)),
        *(Emission(when=each.when, checklist=(group,)) for each, group in zip(node.checklists, groups, strict=True)),
    )


def _tests(node: Node, question: Question, names: _Names) -> Iterable[Test]:
    for branch in node.branches:
        go = names.nodes[branch.go]
        if NONE in branch.on:
            yield Test(any_of=(), go=go)
        if ANY in branch.on:
            yield Test(any_of=tuple(each.value for each in question.answers), go=go)
        elif named := tuple(answer for answer in branch.on if answer != NONE):
            yield Test(any_of=named, go=go)


def _step(step: Instruction, names: _Names) -> Step:
    transfer = step.transfer
    return Step(
        id=step.id,
        say=step.say,
        do=step.do,
        warn=step.warn,
        transfer=Transfer(transfer.to, transfer.wait_seconds, transfer.voicemail) if transfer else None,
        cites=tuple(_cite(each, names) for each in step.cites),
        inferred=step.gap is not None,
        gap=step.gap,
        promise=step.promise,
        stays=step.stays,
        translations=tuple(each for script in step.say for each in names.translations if each.script == script),
        promised_if=tuple(step.promised_if.items()),
        on_case=step.on_case,
    )


def _cite(citation: Citation, names: _Names) -> Cite:
    span = names.spans[citation.span]
    return Cite(citation.id, names.documents[span.document].title, span.line)


def _case(node: Node, names: _Names) -> CaseDraft | None:
    opening = next((step for step in node.steps if step.case), None)
    if opening is None or opening.case is None:
        return None
    case = names.cases[opening.case]
    return CaseDraft(
        step=opening.id,
        type=case.type,
        subtype=case.subtype,
        description=case.description,
        tags=case.tags,
        assign_to=case.assign_to,
        due=case.due,
        notes=case.notes,
        optional=case.optional,
        from_project=case.from_project,
        from_answers=tuple(case.from_answers.items()),
        confirmations=case.confirmations,
    )
