"""The modal of a run, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sop_slack import blocks as b
from sop_slack.run.ended import disposition, ended
from sop_slack.run.form import form, is_last_page, open_cases
from sop_slack.run.milestone import beside_the_question
from sop_slack.run.picker import project
from sop_slack.run.questions import ask, so_far
from sop_slack.run.steps import at_hand, checklist

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sop_slack.blocks import Block
    from sop_slack.run.screen import RunScreen

CALLBACK: Final = "run"


def run_modal(screen: RunScreen) -> Block:
    """Return the modal of a run as it stands."""
    if screen.ended_at:
        return _modal(screen, ended(screen), close="Done")
    warned = [] if screen.sheet.warning is None else b.sections(f"⚠️ {screen.sheet.warning}")
    draft = screen.guidance.case
    if draft is not None:
        submit = "Open case" if is_last_page(screen) else "Next"
        return _modal(screen, warned + form(screen, draft), submit=submit)
    shown = warned + project(screen) + at_hand(screen) + _still_open(screen) + so_far(screen)
    return _modal(screen, shown, submit=None if screen.guidance.ask else "Finish")


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
    listed = open_cases(screen) + checklist(guidance.checklist)
    if guidance.ask is None:
        return listed + disposition(screen)
    return listed + ([] if guidance.ask.widget == "project_search" else ask(guidance.ask, beside_the_question(screen)))
