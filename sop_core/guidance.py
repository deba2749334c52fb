"""What an agent is told: facts in, the next question or the end out, with every step on the way.

Answering walks a compiled :class:`Procedure` by a few dictionary look-ups. Nothing is remembered between calls.
"""

from __future__ import annotations

from sop_core.compiled import (
    ANY,
    LANGUAGES,
    NONE,
    NOT_SET,
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
from sop_core.record import Record

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Literal, TypeAlias

    from sop_core.settings import Settings

    Facts: TypeAlias = Mapping[str, str | Sequence[str]]
    Read: TypeAlias = dict[str, str | tuple[str, ...]]

__all__ = [
    "ANY",
    "LANGUAGES",
    "NONE",
    "NOT_SET",
    "Answer",
    "CaseDraft",
    "ChecklistGroup",
    "Cite",
    "Emission",
    "Guidance",
    "Procedure",
    "Question",
    "Stage",
    "Step",
    "Test",
    "TraceLine",
    "Transfer",
    "Translation",
    "UnknownName",
    "WrongNumber",
    "canonical",
    "change",
    "fill",
    "guidance",
    "is_promised",
    "label",
    "render",
    "trace",
]


class Guidance(Record):
    """The answer of :func:`guidance`: the next question (``ask``) or the end (``done``), and the steps so far.

    ``asked`` are the facts read on the way, in order, each a :class:`Question`, and ``facts`` their answers: a fact
    given but not in ``asked`` was not needed.
    """

    procedure: str
    version: str
    status: Literal["ask", "done"]
    ask: Question | None
    steps: tuple[Step, ...]
    checklist: tuple[ChecklistGroup, ...]
    case: CaseDraft | None
    disposition: str | None
    end: str | None
    asked: tuple[Question, ...]
    facts: Read


class UnknownName(ValueError):
    """A procedure, fact, answer or setting that does not exist; ``closest`` is the nearest name that does."""

    def __init__(self, kind: str, name: str, valid: Sequence[str], *, of: str | None = None) -> None:
        from difflib import get_close_matches  # noqa: PLC0415 - only a mistake pays for this import

        self.kind, self.name, self.of = kind, name, of
        self.valid = tuple(valid)
        self.closest = next(iter(get_close_matches(name, self.valid, n=1, cutoff=0.0)), None)
        owner = f" for {of}" if of else ""
        hint = f": did you mean {self.closest!r}?" if self.closest else ""
        super().__init__(f"unknown {kind} {name!r}{owner}{hint}")


class WrongNumber(ValueError):
    """A fact that takes one answer was given several."""

    def __init__(self, fact: str) -> None:
        self.fact = fact
        super().__init__(f"{fact} takes one answer")


def guidance(procedure: Procedure, facts: Facts) -> Guidance:
    """Walk ``procedure`` with ``facts`` to the first question they leave open, or to the end.

    Facts the path does not need are ignored. :raises UnknownName: for a fact or an answer that the procedure lacks.
    """
    given = canonical(procedure, facts)
    stages, at = procedure.stages, 0
    steps: tuple[Step, ...] = ()
    checklist: tuple[ChecklistGroup, ...] = ()
    case, disposition = None, None
    asked: list[Question] = []
    read: Read = {}
    while True:
        _, shown, groups, guarded, question, fact, go, tests, opened, owed, end = stages[at]
        if guarded:
            shown, groups = _emitted(guarded, given)
        if shown:
            steps += shown
        if groups:
            checklist += groups
        if opened is not None:
            case = opened
        if owed is not None:
            disposition = owed
        if question is None or (answer := given.get(fact)) is None:
            break
        if fact not in read:
            read[fact] = answer
            asked.append(question)
        at = go[answer] if answer.__class__ is str else _tested(tests, answer)
    return Guidance(
        procedure.name,
        procedure.version,
        "done" if question is None else "ask",
        question,
        steps,
        checklist,
        case,
        disposition,
        end,
        tuple(asked),
        read,
    )


def canonical(procedure: Procedure, facts: Facts) -> Mapping[str, str | tuple[str, ...]]:
    """Return ``facts`` with several answers as a tuple in the procedure's order.

    :raises UnknownName: for a fact or an answer that the procedure lacks. :raises WrongNumber: for one answer too many.
    """
    single = procedure.single
    try:
        for fact, answer in facts.items():
            if answer not in single[fact]:
                break
        else:
            return facts  # type: ignore[return-value]
    except (KeyError, TypeError):
        pass  # an unknown fact, or a fact with several answers: both are told apart below
    return {
        fact: answer
        if isinstance(answer, str) and answer in single.get(fact, ())
        else _canonical(procedure, fact, answer)
        for fact, answer in facts.items()
    }


def change(procedure: Procedure, facts: Facts, fact: str, answer: str | Sequence[str]) -> Read:
    """Return ``facts`` after ``fact`` is answered anew: later answers that still apply stay, the rest are dropped.

    An answer still applies when the new path reads it, or may read it once the questions before it are answered; one
    that held for another answer to ``fact`` does not.
    """
    before = canonical(procedure, facts)
    given = canonical(procedure, {**before, fact: answer})
    if fact in before and before[fact] != given[fact]:
        over = procedure.resting_on(fact)
        given = {name: value for name, value in given.items() if name not in over}
    found = guidance(procedure, given)
    ahead = _readable(procedure, given) if found.ask else set()
    return found.facts | {name: given[name] for name in given if name in ahead}


def is_promised(step: Step, facts: Read) -> bool:
    """Return whether ``step`` makes a promise that the answers let stand: who refuses to wait was promised nothing."""
    return step.promise is not None and all(_holds(facts.get(fact), any_of) for fact, any_of in step.promised_if)


def trace(result: Guidance, sources: Mapping[str, str] = {}) -> tuple[TraceLine, ...]:
    """Return the answers that led to ``result``, in order; ``sources`` says who gave one (default: the agent)."""
    facts = result.facts
    lines = [question.told.get(facts[question.fact]) or _several(question, facts) for question in result.asked]
    if sources:
        lines = [line._replace(source=sources[line.fact]) if line.fact in sources else line for line in lines]
    return tuple(lines)


def _several(question: Question, facts: Read) -> TraceLine:
    answer = facts[question.fact]
    return TraceLine(question.fact, question.question, answer, label(question, answer), "agent")


def label(question: Question, answer: str | tuple[str, ...]) -> str:
    """Return the words of an answer as a reader sees them."""
    values = (answer,) if isinstance(answer, str) else answer
    return ", ".join(each.label for each in question.answers if each.value in values) or "None of these"


def render(result: Guidance, settings: Settings) -> Guidance:
    """Return ``result`` with the values of ``settings`` in place of their names. Scripts hold none and stay.

    :raises UnknownName: for a name that the settings lack.
    """
    values = settings.values
    return result._replace(
        steps=tuple(_rendered_step(step, values) for step in result.steps),
        case=result.case and _rendered_case(result.case, values),
    )


def _emitted(
    guarded: tuple[Emission, ...], given: Mapping[str, str | tuple[str, ...]]
) -> tuple[tuple[Step, ...], tuple[ChecklistGroup, ...]]:
    steps: list[Step] = []
    checklist: tuple[ChecklistGroup, ...] = ()
    for each in guarded:
        for fact, any_of in each.when.items():
            if not _holds(given.get(fact), any_of):
                break
        else:
            if each.step is not None:
                steps.append(each.step)
            checklist += each.checklist
    return tuple(steps), checklist


def _holds(answer: str | tuple[str, ...] | None, any_of: tuple[str, ...]) -> bool:
    if isinstance(answer, tuple):
        return any(each in any_of for each in answer) or (ANY if answer else NONE) in any_of
    return answer in any_of


def _tested(tests: tuple[Test, ...], answer: str | tuple[str, ...]) -> int:
    return next(go for any_of, go in tests if (any(each in answer for each in any_of) if answer else not any_of))


def _canonical(procedure: Procedure, fact: str, answer: str | Sequence[str]) -> str | tuple[str, ...]:
    question = procedure.facts.get(fact)
    if question is None:
        raise UnknownName("fact", fact, tuple(procedure.facts), of=procedure.name)
    given = (answer,) if isinstance(answer, str) else tuple(answer)
    if question.multiple and (not given or given == (NONE,)):
        return ()
    values = [each.value for each in question.answers]
    for each in given:
        if each not in values:
            raise UnknownName("answer", str(each), (*values, NONE) if question.multiple else values, of=fact)
    if question.multiple:
        return tuple([value for value in values if value in given])
    if not isinstance(answer, str):
        raise WrongNumber(fact)
    return answer


def _readable(procedure: Procedure, given: Mapping[str, str | tuple[str, ...]], index: int = 0) -> set[str]:
    """Return the facts read on some continuation of ``given``."""
    stage = procedure.stages[index]
    if stage.ask is None:
        return set()
    answer = given.get(stage.fact)
    supposed = _possible(stage) if answer is None else [answer]
    ahead = (_readable(procedure, {**given, stage.fact: each}, _followed(stage, each)) for each in supposed)
    return {stage.fact}.union(*ahead)


def _possible(stage: Stage) -> list[str | tuple[str, ...]]:
    return [*stage.go, *(test.any_of for test in stage.tests)]


def _followed(stage: Stage, answer: str | tuple[str, ...]) -> int:
    return stage.go[answer] if isinstance(answer, str) else _tested(stage.tests, answer)


def _rendered_step(step: Step, values: Mapping[str, str]) -> Step:
    transfer = step.transfer
    if transfer is not None:
        transfer = transfer._replace(to=fill(transfer.to, values))
    return step._replace(
        do=tuple(fill(text, values) for text in step.do),
        warn=tuple(fill(text, values) for text in step.warn),
        transfer=transfer,
        promise=step.promise and fill(step.promise, values),
    )


def _rendered_case(case: CaseDraft, values: Mapping[str, str]) -> CaseDraft:
    return case._replace(
        type=fill(case.type, values),
        subtype=fill(case.subtype, values),
        description=fill(case.description, values),
        assign_to=fill(case.assign_to, values),
        due=fill(case.due, values),
        notes=tuple(name for name in case.notes if name not in values or values[name] == NOT_SET),
    )


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return ``text`` with every ``{name}`` replaced by its value.

    :raises UnknownName: for a name that ``values`` lacks.
    """
    if "{" not in text:
        return text
    try:
        return text.format_map(values)
    except KeyError as missing:
        raise UnknownName("setting", str(missing.args[0]), tuple(values)) from missing
