"""All procedures, each with a button that starts it, and the runs that were left off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from sop_slack import blocks as b

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sop_slack.blocks import Block

CALLBACK: Final = "procedures"
RESUME: Final = "run_resume"


class OpenRun(msgspec.Struct, frozen=True):
    """A run that its owner has not ended."""

    id: str
    title: str
    started_at: str


def overview(procedures: Sequence[tuple[str, str, str]], runs: Sequence[OpenRun] = ()) -> Block:
    """Return the modal that lists the reader's open runs, and procedures, each as name, title and command."""
    shown = [
        b.section(
            f"*{b.escape(title)}*\n`{command}`",
            accessory=b.button("Start", "procedure_start", name),
            block_id=f"procedure:{name}",
        )
        for name, title, command in procedures
    ]
    help_line = b.context("Each command takes a name, address, phone or project id to look up at once.")
    return b.modal(
        "SOP Desk", [*open_runs(runs), *([b.divider()] if runs else []), *shown, help_line], callback_id=CALLBACK
    )


def open_runs(runs: Sequence[OpenRun]) -> list[Block]:
    """Return the runs that the reader left off, each to be resumed."""
    if not runs:
        return []
    lines = [
        b.section(
            f"*{b.escape(run.title)}* · begun {b.time_in_reader_zone(run.started_at)}",
            accessory=b.button("Resume", RESUME, run.id),
        )
        for run in runs
    ]
    return [b.section("*📞 Where you left off*"), *lines]
