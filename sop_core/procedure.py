"""A procedure as data: the types of a procedure file and of the source spans that it cites.

A file is a graph of nodes. A node tells the agent what its steps hold, then reads one fact and branches over the fact's
closed answers, or it is an end. Lists are used where a map could be, so that a mistake is reported with its line.
"""

from __future__ import annotations

from datetime import date  # noqa: TC003 - msgspec reads the annotation
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from sop_core.compiled import ANY, NONE

if TYPE_CHECKING:
    from collections.abc import Iterator

FactSource = Literal["agent", "sheet", "groups", "store", "skills"]
Widget = Literal["buttons", "list", "project_search"]
OnCase = Literal["ask_update", "note", "attach"]

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]*$")]
"""A fact, an answer, a node, a case or a list: lower case, words joined by underscores."""

ReadingId = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2,4}-[0-9]+[a-z]?(-[a-z]+)?$")]
"""A reading of an SOP, such as ``INF-4b``; a gap's id is the reading that the SOP does not hold."""

StepId = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2,4}-[0-9]+[a-z]?(\.[a-z_]+)?$")]
"""The reading that a step carries out, with a part where one reading takes several steps: ``INF-4b.case``."""

SpanId = Annotated[str, msgspec.Meta(pattern=r"^D[0-9]+-[0-9]+[a-z]?$")]
"""Document and line, such as ``D1-52``; a letter follows where one line holds several spans."""

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2900)]
"""Words of a step. A Slack section holds 3,000 characters and a script is never cut, so a longer one is refused."""

Language = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
"""A language tag of BCP 47, such as ``es``; verification holds it to the languages that are known."""

Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a file: an unknown key is a mistake, never ignored."""


class Choice(_Part, frozen=True, kw_only=True):
    """One answer of a fact; ``short`` names it where there is little room, as in charts and tables."""

    value: Name
    label: Text
    short: Text | None = None

    def shortly(self) -> str:
        """Return the shortest words for this answer."""
        return self.short or self.label


class Fact(_Part, frozen=True, kw_only=True):
    """A question with a closed set of answers, ``multiple`` if several may hold; ``source`` may answer it first.

    An answer ``holds_for`` the answers to these facts, or for the ``project`` that was chosen: once one of them is
    changed or taken back, it is asked again.
    """

    name: Name
    question: Text
    answers: tuple[Choice, ...]
    multiple: bool = False
    source: FactSource = "agent"
    widget: Widget = "buttons"
    hint: Text | None = None
    holds_for: tuple[Name, ...] = ()


class Citation(_Part, frozen=True, kw_only=True):
    """Under which reading a step rests on which span."""

    id: ReadingId
    span: SpanId


class Handover(_Part, frozen=True, kw_only=True):
    """A transfer: ``to`` names a setting. The wait and the voicemail are only what the SOP states."""

    to: Text
    wait_seconds: int | None = None
    voicemail: bool | None = None


Guard = dict[Name, tuple[Name, ...]]
"""Facts read earlier, each with the answers for which a step or checklist is shown."""


class Instruction(_Part, frozen=True, kw_only=True):
    """A step. ``say`` is letter for letter a quoted script of a cited span; the rest is in our own words.

    ``disposition`` holds the SOP's fixed words; ``own_disposition`` marks a step where the SOP asks for notations and
    fixes no words. ``promise`` names the deadline rule by which the customer is told that they will hear; it is made
    only with the answers of ``promised_if``. ``on_case`` is the action by which the step is done on the case that the
    project already has, where the app knows it. The warnings of a step that ``stays`` are on every later screen.
    ``gap`` names what the SOP does not say: the step is inferred.
    """

    id: StepId
    say: tuple[Text, ...] = ()
    do: tuple[Text, ...] = ()
    warn: tuple[Text, ...] = ()
    transfer: Handover | None = None
    case: Name | None = None
    disposition: Text | None = None
    own_disposition: bool = False
    promise: Text | None = None
    promised_if: Guard = {}
    on_case: OnCase | None = None
    stays: bool = False
    cites: tuple[Citation, ...] = ()
    gap: ReadingId | None = None
    when: Guard = {}


class ShownChecklist(_Part, frozen=True, kw_only=True):
    """A checklist that a node puts into the form, where ``when`` holds."""

    name: Name
    when: Guard = {}


class Branch(_Part, frozen=True, kw_only=True):
    """Where to go on these answers. Of a fact that takes several: on any of these, or on ``any``, ``none`` or both."""

    on: tuple[Name, ...]
    go: Name


class End(_Part, frozen=True, kw_only=True):
    """An end, and the disposition it owes: the SOP's ``fixed`` words, notations in one's ``own``, or ``none``."""

    id: ReadingId
    title: Text
    disposition: Literal["fixed", "own", "none"]


class Node(_Part, frozen=True, kw_only=True):
    """Steps and checklists, then a fact to read with its branches, or an end."""

    id: Name
    steps: tuple[Instruction, ...] = ()
    checklists: tuple[ShownChecklist, ...] = ()
    ask: Name | None = None
    branches: tuple[Branch, ...] = ()
    end: End | None = None

    def guards(self) -> Iterator[Guard]:
        """Yield what each step and checklist depends on."""
        yield from (guard for _, guard in self.guarded())

    def guarded(self) -> Iterator[tuple[str, Guard]]:
        """Yield each step and checklist by its name, with what it depends on."""
        yield from ((step.id, step.when) for step in self.steps)
        yield from ((each.name, each.when) for each in self.checklists)


class Checklist(_Part, frozen=True, kw_only=True):
    """Questions that the form asks, in the SOP's words and order."""

    name: Name
    group: Text
    questions: tuple[Text, ...] = ()
    cites: tuple[Citation, ...]


class CaseTemplate(_Part, frozen=True, kw_only=True):
    """A case that steps open; ``due`` names a deadline rule, or a setting that does.

    ``notes`` are what the screen collects for it, in order; those in ``optional`` may stay empty, those in
    ``from_project`` are about the homeowner and filled in from the project, those in ``from_answers`` with the answers
    to their facts. Closing it takes every one of ``confirmations``.
    """

    name: Name
    type: Text
    subtype: Text
    description: Text
    tags: tuple[Text, ...] = ()
    assign_to: Text
    due: Text
    notes: tuple[Name, ...] = ()
    optional: tuple[Name, ...] = ()
    from_project: tuple[Literal["caller_name", "property_address", "callback_number", "email"], ...] = ()
    from_answers: dict[Name, tuple[Name, ...]] = {}
    confirmations: tuple[Text, ...] = ()


class ListItem(_Part, frozen=True, kw_only=True):
    """One entry of a named list, letter for letter."""

    text: Text
    cite: Citation


class NamedList(_Part, frozen=True, kw_only=True):
    """A list that the SOP gives, such as the appointed installers."""

    name: Name
    items: tuple[ListItem, ...]


class Gap(_Part, frozen=True, kw_only=True):
    """What the SOP does not say and what we do. A gap that is not ``flagged`` is listed; no step shows it to agents."""

    id: ReadingId
    silent: Text
    decision: Text
    span: SpanId
    flagged: bool = True


class Translation(_Part, frozen=True, kw_only=True):
    """An approved translation of a script.

    ``script`` is the English, letter for letter, so a script that changes loses its translation until that is
    approved anew.
    """

    script: Text
    language: Language
    text: Text
    approved_by: Text
    approved_on: date


class Effect(_Part, frozen=True, kw_only=True):
    """Something a path may do: exactly one of these is set. ``transfer`` names the target as the file writes it."""

    step: StepId | None = None
    transfer: Text | None = None
    case: Name | None = None
    end: ReadingId | None = None


class Invariant(_Part, frozen=True, kw_only=True):
    """A rule proven over all combinations: none has the ``never`` effect unless every ``without`` fact holds.

    ``where`` narrows the rule to combinations with these answers.
    """

    id: Name
    rule: Text
    never: Effect
    without: Guard
    where: Guard = {}


class Example(_Part, frozen=True, kw_only=True):
    """What an SOP owner expects: these facts lead through these steps, checklists, transfers and case to this end."""

    facts: dict[Name, str | tuple[str, ...]]
    steps: tuple[StepId, ...]
    checklists: tuple[Name, ...] = ()
    transfers: tuple[Text, ...] = ()
    case: Name | None = None
    disposition: Text | None = None
    end: ReadingId


class ProcedureFile(_Part, frozen=True, kw_only=True):
    """A whole procedure, as its owner writes it. The first node is the start; roles in ``audience`` run it."""

    procedure: Name
    title: Text
    version: Text
    effective: date
    audience: tuple[Name, ...]
    facts: tuple[Fact, ...]
    nodes: tuple[Node, ...]
    cases: tuple[CaseTemplate, ...] = ()
    checklists: tuple[Checklist, ...] = ()
    lists: tuple[NamedList, ...] = ()
    gaps: tuple[Gap, ...] = ()
    translations: tuple[Translation, ...] = ()
    invariants: tuple[Invariant, ...] = ()
    examples: tuple[Example, ...] = ()


class Document(_Part, frozen=True, kw_only=True):
    """A source document, known by the hash of its text. ``standing`` says which of two wins."""

    id: Annotated[str, msgspec.Meta(pattern=r"^D[0-9]+$")]
    title: Text
    sha256: Sha256
    standing: Literal["current", "older"]


class Span(_Part, frozen=True, kw_only=True):
    """An exact passage of one line of a document, and whatever cites it: steps, checklists, lists, unflagged gaps."""

    id: SpanId
    document: str
    line: Annotated[int, msgspec.Meta(ge=1)]
    text: Text
    sha256: Sha256
    cited_by: tuple[Text, ...]


class Sources(_Part, frozen=True, kw_only=True):
    """The spans that scripts, values and instructions are cited from: the passages, never the documents."""

    documents: tuple[Document, ...]
    spans: tuple[Span, ...]


RESERVED = frozenset({NONE, ANY})
"""Words that no answer may be called, since branches use them."""
