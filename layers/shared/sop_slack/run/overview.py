"""All procedures, each with a button that starts it; the runs that were left off, and those finished today."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from sop_slack import blocks as b

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sop_slack.blocks import Block

CALLBACK: Final = "procedures"
RESUME: Final = "run_resume"
DISCARD: Final = "run_discard"
LEFT_OFF: Final = "*📞 Where you left off*"
QUERY: Final = 60
DISCARDING: Final = {
    "title": b.label("Discard this guidance?", 100),
    "text": b.plain("It cannot be resumed then. A case that is open already is not touched.", 300),
    "confirm": b.label("Discard", 30),
    "deny": b.label("Keep", 30),
}


class OpenRun(msgspec.Struct, frozen=True):
    """A run that its owner has not ended."""

    id: str
    title: str
    started_at: str


class RunLine(msgspec.Struct, frozen=True):
    """A run in its owner's own list. ``about`` is the customer, as far as known; ``told`` when and what of."""

    id: str
    title: str
    about: str
    told: str


def overview(
    procedures: Sequence[tuple[str, str, str]], left_off: Sequence[RunLine] = (), ended: Sequence[RunLine] = ()
) -> Block:
    """Return the modal that lists the reader's runs, and procedures, each as name, title and command."""
    shown = [
        b.section(
            f"*{b.escape(title)}*\n`{command}`",
            accessory=b.button("Start", "procedure_start", name),
            block_id=f"procedure:{name}",
        )
        for name, title, command in procedures
    ]
    help_line = b.context("Each command takes a name, address, phone or project id to look up at once.")
    return b.modal("SOP Desk", [*_left_off(left_off), *shown, help_line, *_ended(ended)], callback_id=CALLBACK)


def open_runs(runs: Sequence[OpenRun]) -> list[Block]:
    """Return the runs that the reader left off, each to be resumed, without a word about customers."""
    if not runs:
        return []
    lines = [
        b.section(
            f"*{b.escape(run.title)}* · begun {b.time_in_reader_zone(run.started_at)}",
            accessory=b.button("Resume", RESUME, run.id),
        )
        for run in runs
    ]
    return [b.section(LEFT_OFF), *lines]


def _left_off(runs: Sequence[RunLine]) -> list[Block]:
    if not runs:
        return []
    shown: list[Block] = [b.section(LEFT_OFF)]
    for run in runs:
        resume = b.button("Resume", RESUME, run.id)
        shown += [_line(run), b.actions(resume, b.button("Discard", DISCARD, run.id, confirm=DISCARDING))]
    return [*shown, b.divider()]


def _ended(runs: Sequence[RunLine]) -> list[Block]:
    if not runs:
        return []
    lines = [_line(run, accessory=b.button("Look", RESUME, run.id)) for run in runs]
    return [b.divider(), b.section("*✅ Finished today*"), *lines]


def _line(run: RunLine, accessory: Block | None = None) -> Block:
    about = f" · {b.fit(run.about, QUERY)}" if run.about else ""
    return b.typed_section(f"{run.title}{about}\n{run.told}", accessory=accessory, block_id=f"run:{run.id}")
