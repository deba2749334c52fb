"""Which transfer sheets there are, as an admin sees them: the one that agents have, those before it, the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from sop_core.times import parse
from sop_slack import blocks as kit
from sop_slack import columns
from sop_slack.sheet_lines import STATES, against, by, counts_line, message_of, workbook

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sop_core.transfers.records import ActiveSheet, Sheet
    from sop_slack.blocks import Block, Message

ROLL_BACK: Final = "sheet_rollback"
ROLL_BACK_CALLBACK: Final = "sheet_rollback"
VERSION_BLOCK: Final = "sheet_version"
VERSION_ACTION: Final = "version"
MOST_SHEETS: Final = 15
MOST_VERSIONS: Final = 10
ROLLABLE: Final = ("superseded", "ready")


def status(active: ActiveSheet | None, *, age_days: int | None = None, stale: bool = False) -> Message:
    """Return which sheet agents see, and how old it is."""
    if active is None:
        text = "There is no active transfer sheet. Upload one with /transfers upload."
        return message_of(text, [kit.section(f":warning: *{text}*")])
    text = f"The active transfer sheet holds {active.counts.projects:,} projects{_age(age_days)}."
    shown = [
        kit.section(f"*{text}*"),
        workbook(active),
        counts_line(active.counts),
        kit.context(f"Uploaded {kit.time_in_reader_zone(active.uploaded_at)}{by(active.uploaded_by)}"),
        kit.context(f"Activated {kit.time_in_reader_zone(active.activated_at)}{by(active.activated_by)}"),
        kit.actions(columns.button(active.sheet)),
    ]
    if stale:
        shown.insert(1, kit.section(":warning: It is older than the freshness limit; agents are told so."))
    return message_of(text, shown)


def _age(days: int | None) -> str:
    if days is None:
        return ""
    return ", uploaded today" if days == 0 else f", uploaded {days} day{'' if days == 1 else 's'} ago"


def history(sheets: Sequence[Sheet]) -> Message:
    """Return the newest sheets, newest first."""
    if not sheets:
        return message_of("No transfer sheet was uploaded yet.", [kit.section("No transfer sheet was uploaded yet.")])
    lines: list[Block] = [kit.header("Transfer sheets")]
    for sheet in sheets[:MOST_SHEETS]:
        when = kit.time_in_reader_zone(sheet.uploaded_at)
        lines += [
            workbook(sheet),
            kit.context(f"{STATES[sheet.state]} · {sheet.counts.projects:,} projects · {when}{by(sheet.uploaded_by)}"),
        ]
        if sheet.state == "superseded":
            lines.append(kit.actions(kit.button("Roll back to this…", ROLL_BACK, sheet.id)))
    return message_of(f"{len(sheets)} transfer sheets, newest first.", lines)


def rollback_modal(
    sheets: Sequence[Sheet], active: ActiveSheet | None, *, zone: str, chosen: str | None = None
) -> Block | None:
    """Return the modal that activates a kept version again, newest first; ``None`` where none is kept.

    Times are the office's, whose time ``zone`` is: an option is plain text, which Slack puts into no reader's zone.
    """
    kept = [sheet for sheet in sheets if sheet.state in ROLLABLE][:MOST_VERSIONS]
    if not kept:
        return None
    options = {sheet.id: _version(sheet, ZoneInfo(zone)) for sheet in kept}
    choice = kit.radio(VERSION_ACTION, list(options.values()), options.get(chosen or ""))
    return kit.modal(
        "Roll back",
        [
            against(active),
            kit.field("Which version should agents see?", choice, block_id=VERSION_BLOCK),
            kit.context("One switch: agents see the one or the other, never a mixture. Nothing is lost by it."),
        ],
        callback_id=ROLL_BACK_CALLBACK,
        private_metadata=str(active.version if active else 0),
        submit="Roll back",
        close="Cancel",
    )


def chosen_version(values: Mapping[str, Any]) -> str | None:
    """Return the sheet chosen in :func:`rollback_modal`."""
    option = values.get(VERSION_BLOCK, {}).get(VERSION_ACTION, {}).get("selected_option") or {}
    return option.get("value")


def _version(sheet: Sheet, zone: ZoneInfo) -> Block:
    when = parse(sheet.uploaded_at).astimezone(zone).strftime("%Y-%m-%d %H:%M %Z")
    about = f"{STATES[sheet.state]}, {sheet.counts.projects:,} projects, {sheet.file_name}"
    return kit.option(f"Uploaded {when}", sheet.id, about)
