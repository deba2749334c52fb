"""What the transfer sheet says of a project's milestone, beside the question whether M3 is approved.

The sheet's milestone is how far a project was. It proves neither that M3 was approved nor that it was not (SRV-2), so
the agent is asked all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sop_slack import blocks as b

if TYPE_CHECKING:
    from sop_slack.blocks import Block
    from sop_slack.run.screen import RunScreen

FACT: Final = "m3_approved"
BEFORE_M3: Final = frozenset({"m1", "m2"})


def beside_the_question(screen: RunScreen) -> list[Block]:
    """Return what the sheet says, where M3 is what is asked."""
    milestone, asked = _milestone(screen), screen.guidance.ask
    if not milestone or asked is None or asked.fact != FACT:
        return []
    return [b.context(f"{_says(milestone, screen)}. That does not prove whether M3 is approved.")]


def doubt(screen: RunScreen) -> list[Block]:
    """Return a warning where the agent said that M3 is approved and the sheet has the project before it."""
    milestone = _milestone(screen)
    if milestone.casefold() not in BEFORE_M3 or screen.guidance.facts.get(FACT) != "yes":
        return []
    return [b.section(f"⚠️ You said that M3 is approved. {_says(milestone, screen)}: make sure before you go on.")]


def _milestone(screen: RunScreen) -> str:
    """Return the project's milestone; rows that contradict each other say none."""
    project = screen.project
    return "" if project is None or project.conflict else (project.milestone or "").strip()


def _says(milestone: str, screen: RunScreen) -> str:
    of = f" of {screen.sheet.dated}" if screen.sheet.dated else ""
    return f"The transfer sheet{of} says *{b.escape(milestone)}*"
