"""What every message about a transfer sheet says in the same words: its workbook, its rows, its state, who did it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sop_slack import blocks as kit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sop_core.transfers.records import ActiveSheet, Counts, Sheet, SheetState
    from sop_slack.blocks import Block, Message

STATES: Final[dict[SheetState, str]] = {
    "loading": "loading",
    "ready": "ready to activate",
    "active": "active",
    "superseded": "kept for rollback",
    "discarded": "discarded",
    "expiring": "no longer kept",
    "expired": "no longer kept",
}


def message_of(text: str, shown: Sequence[Block]) -> Message:
    """Return a message: its text for notifications, and what is shown."""
    return kit.Message(text=text, blocks=tuple(shown))


def by(user: str) -> str:
    """Return " by" whoever did it, or nothing where it was an operator."""
    # An operator's import has no Slack user.
    return f" by {kit.mention(user)}" if user[:1] in ("U", "W") else ""


def workbook(sheet: Sheet | ActiveSheet) -> Block:
    """Return the line with the name of a sheet's workbook."""
    return kit.labelled([("Workbook", sheet.file_name)])


def counts_line(counts: Counts) -> Block:
    """Return the line that counts what became of the rows."""
    return kit.context(
        f"{counts.rows:,} rows: {counts.projects:,} projects, {counts.merged:,} repeats merged, "
        f"{counts.rejected:,} rejected, {counts.warned:,} kept with a warning"
    )


def against(active: ActiveSheet | None, *, kept: bool = False) -> Block:
    """Return the line about the sheet that agents see; ``kept``: it was to be replaced, and was not."""
    if active is None:
        return kit.context("No transfer sheet is active yet.")
    state = "Unchanged and still active" if kept else "Active now"
    when = kit.time_in_reader_zone(active.activated_at)
    return kit.context(f"{state}: {active.counts.projects:,} projects, activated {when}{by(active.activated_by)}")
