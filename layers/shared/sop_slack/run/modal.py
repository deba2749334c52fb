"""The modal of a run, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sop_slack import blocks as b
from sop_slack.cards import DETAILS, case_button
from sop_slack.notes import checklist_field, note_field
from sop_slack.run.ended import disposition, ended
from sop_slack.run.picker import project
from sop_slack.run.questions import answered, ask
from sop_slack.run.steps import at_hand, checklist

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sop_core.guidance import CaseDraft, Guidance
    from sop_slack.blocks import Block
    from sop_slack.run.screen import RunScreen

CALLBACK: Final = "run"
OPEN_CASES_SHOWN: Final = 3


def run_modal(screen: RunScreen) -> Block:
    """Return the modal of a run as it stands."""
    if screen.ended_at:
        return _modal(screen, ended(screen), close="Done")
    warned = [] if screen.sheet.warning is None else [b.section(f"⚠️ {screen.sheet.warning}")]
    shown = warned + project(screen) + answered(screen) + at_hand(screen) + _still_open(screen)
    submit = None if screen.guidance.status == "ask" else ("Open case" if screen.guidance.case else "Finish")
    return _modal(screen, shown, submit=submit)


def _modal(screen: RunScreen, shown: Sequence[Block], *, submit: str | None = None, close: str = "Close") -> Block:
    return b.modal(
        screen.title,
        shown,
        callback_id=CALLBACK,
        private_metadata=screen.metadata,
        submit=submit,
        close=close,
        notify_on_close=True,
    )


def _still_open(screen: RunScreen) -> list[Block]:
    guidance = screen.guidance
    if guidance.case is not None:
        return _open_cases(screen) + _fields(guidance, guidance.case, screen.notes)
    listed = _open_cases(screen) + checklist(guidance.checklist)
    if guidance.ask is None:
        return listed + disposition(screen)
    return listed + ([] if guidance.ask.widget == "project_search" else ask(guidance.ask))


def _fields(guidance: Guidance, case: CaseDraft, notes: dict[str, str]) -> list[Block]:
    shown = [note_field(name, notes.get(name, ""), optional=name in case.optional) for name in case.notes]
    for group in guidance.checklist:
        shown.append(b.section(f"*{b.escape(group.group)}*"))
        shown += [checklist_field(group.group, question, notes.get(question, "")) for question in group.questions]
    return shown


def _open_cases(screen: RunScreen) -> list[Block]:
    opens_another = screen.guidance.case is not None
    advice = " Open another only if this is a new matter." if opens_another else ""
    start = "⚠️ This project already has an open case" if opens_another else "📄 An open case of this project"
    return [
        b.section(
            f"{start}: `{case.id}` {b.escape(case.description)}, {case.state}, due "
            f"{b.time_in_reader_zone(case.due_at)}.{advice}",
            accessory=case_button(case, DETAILS),
            block_id=f"open:{case.id}",
        )
        for case in screen.open_cases[:OPEN_CASES_SHOWN]
    ]
