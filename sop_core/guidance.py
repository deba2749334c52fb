"""What an agent is told: facts in, the next question or the end out, with every step on the way."""

from __future__ import annotations

from typing import Literal

import msgspec


class Answer(msgspec.Struct, frozen=True):
    """One of the closed set of answers of a fact, e.g. value ``homeowner``, label ``Homeowner``."""

    value: str
    label: str


class Question(msgspec.Struct, frozen=True):
    """The question that is still open."""

    fact: str
    question: str
    answers: tuple[Answer, ...]
    multiple: bool = False


class Cite(msgspec.Struct, frozen=True):
    """Where the SOP says so: reading id (``INF-4``), document title and one-based line."""

    id: str
    document: str
    line: int


class Transfer(msgspec.Struct, frozen=True):
    """A warm transfer: target (number or skill), seconds to wait (``None``: the SOP states none), voicemail or not."""

    to: str
    wait_seconds: int | None = None
    voicemail: bool | None = None


class Step(msgspec.Struct, frozen=True):
    """One step of the guidance. ``say`` is verbatim; ``gap`` is set where the SOP is silent and we inferred."""

    id: str
    say: tuple[str, ...] = ()
    do: tuple[str, ...] = ()
    warn: tuple[str, ...] = ()
    transfer: Transfer | None = None
    cites: tuple[Cite, ...] = ()
    inferred: bool = False
    gap: str | None = None


class ChecklistGroup(msgspec.Struct, frozen=True):
    """Questions to ask beside the procedure; answered as notes, never blocking."""

    group: str
    questions: tuple[str, ...]


class CaseDraft(msgspec.Struct, frozen=True):
    """The case an end opens: Salesforce fields exactly as the SOP names them.

    ``step`` is the id of the step that opens it (with the run id it makes the case id). ``tags`` are people's names as in
    the SOP; ``due`` names a deadline rule of the settings (e.g. ``next_business_day``); ``notes`` are the names of the
    notes the screen collects for it, in order.
    """

    step: str
    type: str
    subtype: str
    description: str
    tags: tuple[str, ...]
    assign_to: str
    due: str
    notes: tuple[str, ...]


class Guidance(msgspec.Struct, frozen=True):
    """The answer of :func:`guidance`: the next question (``ask``) or the end (``done``), and the steps so far.

    ``asked`` are the facts read on the way, in order, each a :class:`Question`, with ``facts`` holding what was answered:
    a fact given but not in ``asked`` was not needed.
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
    facts: dict[str, str | tuple[str, ...]]
