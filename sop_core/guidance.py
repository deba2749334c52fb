"""What an agent is told: facts in, the next question or the end out, with every step on the way.

A :class:`Procedure` is the compiled form of a procedure file: stages with their steps already built, so that answering
is a walk of a few dictionary look-ups. Nothing is remembered between calls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from sop_core.settings import Settings

Facts = Mapping[str, str | Sequence[str]]
Read = dict[str, str | tuple[str, ...]]
FactSource = Literal["agent", "sheet", "groups", "store", "skills"]
Widget = Literal["buttons", "list", "project_search"]

NONE = "none"
"""Stands for "none of them" where a fact takes several answers."""

ANY = "any"
"""In a branch or guard: at least one answer of a fact that takes several."""


LANGUAGES = {"es": "Spanish"}
"""The languages that scripts may be translated to, by their tags of BCP 47. English is the SOP's own."""

NOT_SET = "as noted"
"""The value of a setting that the SOPs lost and nobody has set: the agent notes it each time."""


class Answer(msgspec.Struct, frozen=True):
    """One of the closed set of answers of a fact, e.g. value ``homeowner``, label ``Homeowner``."""

    value: str
    label: str


class Question(msgspec.Struct, frozen=True):
    """A fact as a question. ``source`` may answer it before the agent is asked; ``widget`` hints at how to ask.

    ``labels`` are the labels of the answers by their values, at hand for the trace.
    """

    fact: str
    question: str
    answers: tuple[Answer, ...]
    multiple: bool = False
    source: FactSource = "agent"
    widget: Widget = "buttons"
    hint: str | None = None
    labels: dict[str, str] = {}


class Cite(msgspec.Struct, frozen=True):
    """Where the SOP says so: reading id (``INF-4``), document title and one-based line."""

    id: str
    document: str
    line: int


class Translation(msgspec.Struct, frozen=True):
    """An approved translation of ``script``, one of a step's own: language tag, words, by whom and when approved."""

    script: str
    language: str
    text: str
    approved_by: str
    approved_on: str


class Transfer(msgspec.Struct, frozen=True):
    """A warm transfer: target (number or skill), seconds to wait (``None``: the SOP states none), voicemail or not."""

    to: str
    wait_seconds: int | None = None
    voicemail: bool | None = None


class Step(msgspec.Struct, frozen=True):
    """One step of the guidance. ``say`` is verbatim; ``gap`` is set where the SOP is silent and we inferred.

    ``translations`` are those of its scripts, in the order of ``say``; a script that has none is said in English.
    ``promise`` names the deadline rule by which the customer is told that they will hear: the screen, which knows the
    time, shows when that is. The warnings of a step that ``stays`` belong on every later screen too.
    """

    id: str
    say: tuple[str, ...] = ()
    do: tuple[str, ...] = ()
    warn: tuple[str, ...] = ()
    transfer: Transfer | None = None
    cites: tuple[Cite, ...] = ()
    inferred: bool = False
    gap: str | None = None
    promise: str | None = None
    stays: bool = False
    translations: tuple[Translation, ...] = ()


class ChecklistGroup(msgspec.Struct, frozen=True):
    """Questions to ask beside the procedure; answered as notes, never blocking."""

    group: str
    questions: tuple[str, ...]


class CaseDraft(msgspec.Struct, frozen=True):
    """The case an end opens: Salesforce fields exactly as the SOP names them.

    ``step`` is the id of the step that opens it (with the run id it makes the case id). ``tags`` are people's names as
    in the SOP; ``due`` names a deadline rule (e.g. ``next_business_day``); ``notes`` are the names of the notes the
    screen collects for it, in order, of which the ``optional`` may stay empty and those ``from_project`` are filled in
    from the chosen project, editable. It can be closed only when each of ``confirmations`` is given.
    """

    step: str
    type: str
    subtype: str
    description: str
    tags: tuple[str, ...]
    assign_to: str
    due: str
    notes: tuple[str, ...]
    optional: tuple[str, ...] = ()
    from_project: tuple[str, ...] = ()
    confirmations: tuple[str, ...] = ()


class Emission(msgspec.Struct, frozen=True):
    """A step or checklist shown only when every fact in ``when`` has (one of) its answers."""

    when: dict[str, tuple[str, ...]] = {}
    step: Step | None = None
    checklist: tuple[ChecklistGroup, ...] = ()


class Test(msgspec.Struct, frozen=True):
    """A branch on a fact with several answers: taken on one of ``any_of``, or if that is empty, on no answer at all."""

    any_of: tuple[str, ...]
    go: int


class Stage(msgspec.Struct, frozen=True):
    """A node of the compiled graph: what it emits, then the question it reads, or the end it is.

    ``guarded`` replaces ``steps`` and ``checklist`` where anything depends on an earlier answer.
    """

    node: str
    steps: tuple[Step, ...] = ()
    checklist: tuple[ChecklistGroup, ...] = ()
    guarded: tuple[Emission, ...] = ()
    ask: Question | None = None
    fact: str = ""
    go: dict[str, int] = {}
    tests: tuple[Test, ...] = ()
    case: CaseDraft | None = None
    disposition: str | None = None
    end: str | None = None


class Procedure(msgspec.Struct, frozen=True):
    """A procedure ready to answer. ``digest`` is the hash of the data it was compiled from; ``stages[0]`` is the start.

    ``single`` holds the answers of the facts that take one; ``lists`` the named lists of the SOP, letter for letter;
    ``audience`` the roles that run it.
    """

    name: str
    title: str
    version: str
    effective: str
    digest: str
    facts: dict[str, Question]
    single: dict[str, frozenset[str]]
    stages: tuple[Stage, ...]
    lists: dict[str, tuple[str, ...]] = {}
    audience: tuple[str, ...] = ()

    def steps(self) -> tuple[Step, ...]:
        """Return every step there is; one that several nodes share is there as often."""
        return tuple(
            step
            for stage in self.stages
            for step in (*stage.steps, *(each.step for each in stage.guarded))
            if step is not None
        )

    def scripts(self) -> tuple[str, ...]:
        """Return every script there is, each once."""
        return tuple(dict.fromkeys(script for step in self.steps() for script in step.say))


class Guidance(msgspec.Struct, frozen=True):
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


class TraceLine(msgspec.Struct, frozen=True):
    """One answer that led here: what was asked, what was answered, and who answered it."""

    fact: str
    question: str
    answer: str | tuple[str, ...]
    label: str
    source: str


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
    stages = procedure.stages
    stage = stages[0]
    steps, checklist = _emitted(stage, given) if stage.guarded else (stage.steps, stage.checklist)
    case, disposition = stage.case, stage.disposition
    asked: list[Question] = []
    read: Read = {}
    while (question := stage.ask) is not None:
        fact = stage.fact
        if (answer := given.get(fact)) is None:
            break
        if fact not in read:
            read[fact] = answer
            asked.append(question)
        stage = stages[stage.go[answer] if answer.__class__ is str else _tested(stage, answer)]
        if stage.guarded:
            more, groups = _emitted(stage, given)
            steps, checklist = steps + more, checklist + groups
        elif stage.steps or stage.checklist:
            steps, checklist = steps + stage.steps, checklist + stage.checklist
        if stage.disposition is not None:
            disposition = stage.disposition
        if stage.case is not None:
            case = stage.case
    return Guidance(
        procedure.name,
        procedure.version,
        "done" if question is None else "ask",
        question,
        steps,
        checklist,
        case,
        disposition,
        stage.end,
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

    An answer still applies when the new path reads it, or may read it once the questions before it are answered.
    """
    given = canonical(procedure, {**facts, fact: answer})
    found = guidance(procedure, given)
    ahead = _readable(procedure, given) if found.ask else set()
    return found.facts | {name: given[name] for name in given if name in ahead}


def trace(result: Guidance, sources: Mapping[str, str] = {}) -> tuple[TraceLine, ...]:
    """Return the answers that led to ``result``, in order; ``sources`` says who gave one (default: the agent)."""
    facts, lines = result.facts, []
    for question in result.asked:
        fact = question.fact
        answer = facts[fact]
        words = question.labels.get(answer) if answer.__class__ is str else None
        lines.append(
            TraceLine(fact, question.question, answer, words or label(question, answer), sources.get(fact, "agent"))
        )
    return tuple(lines)


def label(question: Question, answer: str | tuple[str, ...]) -> str:
    """Return the words of an answer as a reader sees them."""
    values = (answer,) if isinstance(answer, str) else answer
    return ", ".join(each.label for each in question.answers if each.value in values) or "None of these"


def render(result: Guidance, settings: Settings) -> Guidance:
    """Return ``result`` with the values of ``settings`` in place of their names. Scripts hold none and stay.

    :raises UnknownName: for a name that the settings lack.
    """
    values = settings.values
    return msgspec.structs.replace(
        result,
        steps=tuple(_rendered_step(step, values) for step in result.steps),
        case=result.case and _rendered_case(result.case, values),
    )


def _emitted(
    stage: Stage, given: Mapping[str, str | tuple[str, ...]]
) -> tuple[tuple[Step, ...], tuple[ChecklistGroup, ...]]:
    steps: list[Step] = []
    checklist: tuple[ChecklistGroup, ...] = ()
    for each in stage.guarded:
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


def _tested(stage: Stage, answer: str | tuple[str, ...]) -> int:
    for test in stage.tests:
        if any(each in answer for each in test.any_of) if answer else not test.any_of:
            return test.go
    raise KeyError(stage.node)


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
    return stage.go[answer] if isinstance(answer, str) else _tested(stage, answer)


def _rendered_step(step: Step, values: Mapping[str, str]) -> Step:
    transfer = step.transfer
    if transfer is not None:
        transfer = msgspec.structs.replace(transfer, to=fill(transfer.to, values))
    return msgspec.structs.replace(
        step,
        do=tuple(fill(text, values) for text in step.do),
        warn=tuple(fill(text, values) for text in step.warn),
        transfer=transfer,
        promise=step.promise and fill(step.promise, values),
    )


def _rendered_case(case: CaseDraft, values: Mapping[str, str]) -> CaseDraft:
    return msgspec.structs.replace(
        case,
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
