"""A procedure ready to answer: questions, steps and stages already built, every name resolved."""

from __future__ import annotations

from sop_core.record import Record

TYPE_CHECKING = False

if TYPE_CHECKING:
    from sop_core.procedure import FactSource, OnCase, Widget

NONE = "none"
"""Stands for "none of them" where a fact takes several answers."""

PROJECT = "project"
"""The fact which project it is about. Every screen lets one be chosen, also where the procedure does not ask it."""

ANY = "any"
"""In a branch or guard: at least one answer of a fact that takes several."""

LANGUAGES = {"es": "Spanish"}
"""The languages that scripts may be translated to, by their tags of BCP 47. English is the SOP's own."""

NOT_SET = "as noted"
"""The value of a setting that the SOPs lost and nobody has set: the agent notes it each time."""


class Answer(Record):
    """One of the closed set of answers of a fact, e.g. value ``homeowner``, label ``Homeowner``."""

    value: str
    label: str


class TraceLine(Record):
    """One answer that led here: what was asked, what was answered, and who answered it."""

    fact: str
    question: str
    answer: str | tuple[str, ...]
    label: str
    source: str


class Question(Record):
    """A fact as a question. ``source`` may answer it before the agent is asked; ``widget`` hints at how to ask.

    ``told`` has the line of the trace for each single answer, as the agent gives it. An answer ``holds_for`` the
    answers to these facts, and for no others.
    """

    fact: str
    question: str
    answers: tuple[Answer, ...]
    multiple: bool = False
    source: FactSource = "agent"
    widget: Widget = "buttons"
    hint: str | None = None
    told: dict[str | tuple[str, ...], TraceLine] = {}  # noqa: RUF012 - the default of a field, and nothing changes it
    holds_for: tuple[str, ...] = ()


class Cite(Record):
    """Where the SOP says so: reading id (``INF-4``), document title and one-based line."""

    id: str
    document: str
    line: int


class Translation(Record):
    """An approved translation of ``script``, one of a step's own: language tag, words, by whom and when approved."""

    script: str
    language: str
    text: str
    approved_by: str
    approved_on: str


class Transfer(Record):
    """A warm transfer: target (number or skill), seconds to wait (``None``: the SOP states none), voicemail or not."""

    to: str
    wait_seconds: int | None = None
    voicemail: bool | None = None


class Step(Record):
    """One step of the guidance. ``say`` is verbatim; ``gap`` is set where the SOP is silent and we inferred.

    ``translations`` are those of its scripts, in the order of ``say``; a script that has none is said in English.
    ``promise`` names the deadline rule by which the customer is told that they will hear: the screen, which knows the
    time, shows when that is. It is made only if each fact of ``promised_if`` has (one of) its answers. ``on_case`` is
    the action by which the step is done on an open case of the project. The warnings of a step that ``stays`` belong on
    every later screen too.
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
    promised_if: tuple[tuple[str, tuple[str, ...]], ...] = ()
    on_case: OnCase | None = None


class ChecklistGroup(Record):
    """Questions that the form asks; answered as notes, never blocking."""

    group: str
    questions: tuple[str, ...]


class CaseDraft(Record):
    """The case an end opens: Salesforce fields exactly as the SOP names them.

    ``step`` is the id of the step that opens it (with the run id it makes the case id). ``tags`` are people's names as
    in the SOP; ``due`` names a deadline rule (e.g. ``next_business_day``); ``notes`` are the names of the notes the
    screen collects for it, in order, of which the ``optional`` may stay empty and those ``from_project`` are filled in
    from the chosen project, and those of ``from_answers`` with the answers to their facts, editable. It can be closed
    only when each of ``confirmations`` is given.
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
    from_answers: tuple[tuple[str, tuple[str, ...]], ...] = ()
    confirmations: tuple[str, ...] = ()


class Emission(Record):
    """A step or checklist shown only when every fact in ``when`` has (one of) its answers."""

    when: dict[str, tuple[str, ...]]
    step: Step | None = None
    checklist: tuple[ChecklistGroup, ...] = ()


class Test(Record):
    """A branch on a fact with several answers: taken on one of ``any_of``, or if that is empty, on no answer at all."""

    any_of: tuple[str, ...]
    go: int


class Stage(Record):
    """A node of the compiled graph: what it emits, then the question it reads, or the end it is.

    ``guarded`` replaces ``steps`` and ``checklist`` where anything depends on an earlier answer.
    """

    node: str
    steps: tuple[Step, ...]
    checklist: tuple[ChecklistGroup, ...]
    guarded: tuple[Emission, ...]
    ask: Question | None
    fact: str
    go: dict[str, int]
    tests: tuple[Test, ...] = ()
    case: CaseDraft | None = None
    disposition: str | None = None
    end: str | None = None


class Procedure(Record):
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
    lists: dict[str, tuple[str, ...]]
    audience: tuple[str, ...]

    def resting_on(self, *facts: str) -> frozenset[str]:
        """Return the facts whose answers hold only for the answers to ``facts``, directly or by way of another."""
        found = set(facts)
        while more := {each.fact for each in self.facts.values() if not found.isdisjoint(each.holds_for)} - found:
            found |= more
        return frozenset(found - set(facts))

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
