"""What a person is told about a case besides its card: the modal that closes it, and what stands against a click."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sop_slack import blocks as b
from sop_slack.cards import project_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sop_core.cases.case import Case
    from sop_slack.blocks import Block

CLOSE_CALLBACK: Final = "case_close"
NOTE_LENGTH: Final = 1000


def close_modal(case: Case, reasons: Sequence[str], metadata: str) -> Block:
    """Return the modal that asks why the case is closed."""
    about = [("Case", case.id), *([("Project", project_line(case.project))] if case.project else [])]
    choices = b.select("reason", [b.option(reason, reason) for reason in reasons], placeholder="Choose a reason")
    note = b.text_input(
        "note", multiline=True, max_length=NOTE_LENGTH, placeholder="What the customer was told, in a sentence"
    )
    shown = [
        b.labelled(about),
        b.field("Reason", choices, block_id="reason"),
        b.field("Note", note, block_id="note", optional=True),
        b.context("A closed case can be re-opened from its card."),
    ]
    return b.modal(
        "Close case", shown, callback_id=CLOSE_CALLBACK, private_metadata=metadata, submit="Close case", close="Cancel"
    )


def what_it_is_now(case: Case, reader: str) -> str:
    """Return the sentence for someone whose click came too late: what the case is now, and by whom."""
    who = {"claimed": case.assignee, "closed": case.closed_by, "voided": case.closed_by}.get(case.state)
    by = "" if who is None else " by you" if who == reader else f" by {b.mention(who)}"
    return f"Nothing was changed: case `{case.id}` is {case.state}{by} now. Its card shows the latest state."
