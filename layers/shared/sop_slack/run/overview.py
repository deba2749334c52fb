"""All procedures, each with a button that starts it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sop_slack import blocks as b

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sop_slack.blocks import Block

CALLBACK: Final = "procedures"


def overview(procedures: Sequence[tuple[str, str, str]]) -> Block:
    """Return the modal that lists procedures, each as name, title and command."""
    shown = [
        b.section(
            f"*{b.escape(title)}*\n`{command}`",
            accessory=b.button("Start", "procedure_start", name),
            block_id=f"procedure:{name}",
        )
        for name, title, command in procedures
    ]
    help_line = b.context("Each command takes a name, address, phone or project id to look up at once.")
    return b.modal("SOP Desk", [*shown, help_line], callback_id=CALLBACK)
