"""The end of a run: what was said, tried and filed, in order, ready to copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from sop_core.guidance import LANGUAGES, is_promised
from sop_core.times import day_ended, parse
from sop_core.transfers.standing import standing
from sop_slack import blocks as b
from sop_slack.cards import DETAILS, case_button
from sop_slack.case_views import salesforce
from sop_slack.notes import note, subtype
from sop_slack.run.picker import FACT as PROJECT
from sop_slack.run.steps import after_case

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sop_core.cases.case import Case
    from sop_core.guidance import Step, Translation
    from sop_core.story import Turn
    from sop_core.transfers.project import Project
    from sop_slack.blocks import Block
    from sop_slack.run.screen import RunScreen

REPEATED: Final = ("reason_of_call", "callback_number")
"""What the notes repeat of the case; the rest is in its fields."""

ABOUT_THE_AGENT: Final = "groups"
"""What this source proves is no part of the interaction."""


def ended(screen: RunScreen) -> list[Block]:
    """Return the end screen: the case first, where there is one, then the notes of the interaction."""
    if screen.case is None:
        return [b.header("✅ Finished"), *disposition(screen), *_notes(screen)]
    return [*_case_opened(screen, screen.case), *_notes(screen), *_fields(screen.case)]


def disposition(screen: RunScreen) -> list[Block]:
    """Return the disposition of the end, ready to copy."""
    words = screen.guidance.disposition
    return [] if words is None else [b.section("*Disposition*"), b.copyable(words)]


def interaction_notes(screen: RunScreen) -> str:
    """Return what happened as lines to be copied: the project, each answer, script and transfer, case, disposition."""
    return "\n".join(_lines(screen))


def _case_opened(screen: RunScreen, case: Case) -> list[Block]:
    return [
        b.header("✅ The case is open"),
        b.copyable(case.id),
        b.section(f"It goes to the resolution team's channel. Due {b.deadline(case.due_at, screen.zone)}."),
        *after_case(screen),
        *disposition(screen),
    ]


def _notes(screen: RunScreen) -> list[Block]:
    return [b.divider(), b.section("*Interaction notes, ready to copy*"), b.copyable(interaction_notes(screen))]


def _fields(case: Case) -> list[Block]:
    # Looked at later, the case may have moved on.
    actions = (DETAILS, "withdraw") if case.state == "open" else (DETAILS,)
    return [
        b.section("*Case fields, ready to copy*"),
        b.copyable("\n".join(f"{name}: {value}" for name, value in salesforce(case))),
        b.actions(*(case_button(case, action) for action in actions)),
    ]


def _lines(screen: RunScreen) -> Iterator[str]:
    yield f"{screen.title} · {_local(screen.ended_at, screen)}"
    if screen.project is not None:
        yield f"Project: {_project(screen.project)}"
    if screen.open_cases and any(step.on_case for step in screen.guidance.steps):
        yield f"Open case: {', '.join(case.id for case in screen.open_cases)}"
    for turn in screen.story:
        yield from _turn(turn, screen)
    if screen.guidance.disposition is not None:
        yield f"Disposition: {screen.guidance.disposition}"


def _turn(turn: Turn, screen: RunScreen) -> Iterator[str]:
    for step in turn.steps:
        for words in step.say:
            yield f"Said: “{words}”"
            yield from (f"In {LANGUAGES[each.language]}: “{each.text}”" for each in _spoken(step, words, screen))
        if step.promise in screen.due and is_promised(step, screen.guidance.facts):
            yield f"Promised: contact by {_deadline(screen.due[step.promise], screen)}"
        yield from _filed(step, screen)
    transfers = [step.transfer.to for step in turn.steps if step.transfer]
    answer = turn.answer
    if answer is None:
        yield from (f"Transfer to {to}" for to in transfers)
    elif transfers:
        yield from (f"Transfer to {to}: {answer.label}" for to in transfers)
    elif not (answer.source == ABOUT_THE_AGENT or (answer.fact == PROJECT and screen.project)):
        yield f"{answer.question} {answer.label}"


def _spoken(step: Step, words: str, screen: RunScreen) -> list[Translation]:
    return [each for each in step.translations if (each.script, each.language) == (words, screen.language)]


def _filed(step: Step, screen: RunScreen) -> Iterator[str]:
    case, draft = screen.case, screen.guidance.case
    if case is not None and draft is not None and draft.step == step.id:
        kind = f"{case.type}, {subtype(case)}"
        yield f"Case {case.id}: {kind}, assigned to {case.assign_to}, due {_deadline(case.due_at, screen)}"
        yield from (f"{note(name).label}: {case.notes[name]}" for name in REPEATED if case.notes.get(name))


def _local(at: str, screen: RunScreen) -> str:
    """Return a moment as the office's clock has it: what is copied elsewhere cannot follow a reader's zone."""
    return f"{parse(at).astimezone(ZoneInfo(screen.zone)):%b %d, %Y, %H:%M %Z}"


def _deadline(at: str, screen: RunScreen) -> str:
    day = day_ended(at, screen.zone)
    return f"the end of {day:%A, %b %d, %Y}" if day else _local(at, screen)


def _project(project: Project) -> str:
    parts = (project.project_id, project.homeowner, project.address, standing(project).told)
    return " · ".join(part for part in parts if part)
