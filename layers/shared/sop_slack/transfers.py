"""A transfer sheet on its way, as an admin sees it: upload, progress, preview, outcome. Values in, Block Kit out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sop_core.settings import SHEET_LOSS_PERCENT
from sop_core.transfers.columns import display
from sop_core.transfers.problems import KINDS, REJECTING
from sop_slack import blocks as kit
from sop_slack import columns
from sop_slack.sheet_lines import STATES, against, by, counts_line, message_of, workbook

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sop_core.transfers.records import ActiveSheet, Sheet
    from sop_slack.blocks import Block, Message

UPLOAD_CALLBACK: Final = "sheet_upload"
FILE_BLOCK: Final = "sheet_file"
FILE_ACTION: Final = "file"
ACTIVATE: Final = "sheet_activate"
DISCARD: Final = "sheet_discard"

MOSTLY_CHANGED: Final = 0.50
ENOUGH_PROJECTS: Final = 20
LASTING: Final = ("homeowner", "address", "phone", "email")
"""What seldom changes of a project: where most differ, another column was probably taken."""
BAR: Final = 20
REPEATED: Final = (
    "This is the same file as one read before, so it was not read again. Nothing changes until it is activated."
)
UNCHANGED: Final = "Nothing changes until it is activated."
MOST_KINDS: Final = 12
MOST_FOUND: Final = 30
TEMPLATE_WORDS: Final = "An empty transfer sheet. Fill in the tab All Projects and send it with /transfers upload."
NOT_SENT: Final = (
    "The workbook that you asked for could not be sent, for a reason of ours. Ask for it again; "
    "if it fails again, tell the team that runs SOP Desk."
)
FIELD_NAMES: Final = {
    "co_homeowner": "co-homeowner",
    "zip": "ZIP",
    "original_ip": "original IP",
    "transferred_to": "receiving installer",
    "transfer_date": "transfer date",
    "installer": "payment answer",
}


def upload_modal() -> Block:
    """Return the modal that takes the workbook."""
    chooser: Block = {
        "type": "file_input",
        "action_id": FILE_ACTION,
        "filetypes": ["xlsx", "xlsm"],
        "max_files": 1,
    }
    return kit.modal(
        "Upload transfer sheet",
        [
            kit.field(
                "Workbook",
                chooser,
                block_id=FILE_BLOCK,
                hint="An .xlsx or .xlsm with the tab All Projects, up to 10 MB.",
            ),
            kit.context("Agents keep the sheet they have until you have seen the changes and activated the new one."),
        ],
        callback_id=UPLOAD_CALLBACK,
        submit="Upload",
        close="Cancel",
    )


def uploaded_file(values: Mapping[str, Any]) -> str | None:
    """Return the id of the file that was chosen in :func:`upload_modal`, from ``view.state.values``."""
    files: list[dict[str, Any]] = values.get(FILE_BLOCK, {}).get(FILE_ACTION, {}).get("files") or []
    return str(files[0]["id"]) if files else None


def button_value(sheet: str, seen: int | None = None) -> str:
    """Return a button's value: the sheet's id, with the activation count the admin has seen where it is a later one."""
    return sheet if seen is None else f"{sheet}@{seen}"


def read_button(value: str) -> tuple[str, int | None]:
    """Return sheet id and ``expected`` for the store's ``activate`` from a button's value."""
    sheet, mark, seen = value.partition("@")
    return sheet, int(seen) if mark else None


def queued() -> Message:
    """Return the first state of the progress message."""
    return message_of(
        "The workbook is uploaded and waits to be read.", [kit.section(":inbox_tray: *Waiting to be read*")]
    )


def progress(stage: str, done: int = 0, total: int = 0, unit: str = "") -> Message:
    """Return the progress message: what is being done and, where it can be counted (by ``unit``), how far it is."""
    lines = [kit.section(f":hourglass_flowing_sand: *{stage}*")]
    if total:
        lines.append(kit.context(f"`{bar(done, total)}`  {done:,} of {total:,} {unit}".rstrip()))
    elif done:
        lines.append(kit.context(f"{done:,} rows so far"))
    return message_of(f"Transfer sheet: {stage}.", lines)


def bar(done: int, total: int) -> str:
    """Return a bar of text, e.g. ``█████░░░░░``."""
    filled = min(BAR, BAR * done // total) if total else 0
    return "█" * filled + "░" * (BAR - filled)


def preview(
    sheet: Sheet, active: ActiveSheet | None, *, repeated: bool = False, loss_percent: int = SHEET_LOSS_PERCENT
) -> Message:
    """Return the outcome of an import: what would change, and the buttons to activate or discard.

    More than ``loss_percent`` of the active projects lost is warned about.
    """
    lead = REPEATED if repeated else UNCHANGED
    shown = [
        kit.header("Transfer sheet ready to activate"),
        workbook(sheet),
        kit.section(lead),
        *_figures(sheet),
        *_warnings(sheet, loss_percent),
        *_problems(sheet),
        *columns.named_line(sheet.named),
        against(active),
        kit.actions(
            *_choices(sheet, button_value(sheet.id), sure=_sure(sheet, loss_percent)), columns.button(sheet.id)
        ),
    ]
    change = sheet.difference
    text = (
        f"Transfer sheet ready to activate: {change.new:,} new, {change.changed:,} changed, "
        f"{change.removed:,} removed, {sheet.counts.rejected:,} rejected rows."
    )
    return message_of(text, shown)


def already_active(sheet: Sheet) -> Message:
    """Return the outcome of uploading the active workbook again."""
    text = "This is the same file as the active transfer sheet; nothing was changed."
    return message_of(text, [kit.section(f":white_check_mark: *{text}*"), workbook(sheet), counts_line(sheet.counts)])


def activated(sheet: Sheet, active: ActiveSheet) -> Message:
    """Return the outcome after activation; it stays true when another sheet is activated later."""
    text = f"The transfer sheet was activated, with {active.counts.projects:,} projects."
    at = kit.time_in_reader_zone(active.activated_at)
    when = (
        f"Activated {at}{by(active.activated_by)}; agents saw it from then on. What they see now: `/transfers status`"
    )
    return message_of(
        text, [kit.section(f":white_check_mark: *{text}*"), workbook(sheet), *_figures(sheet), kit.context(when)]
    )


def discarded(sheet: Sheet) -> Message:
    """Return the outcome after discarding."""
    text = "The transfer sheet was discarded; the active one is unchanged. Upload the file again to have it back."
    return message_of(text, [kit.section(f":wastebasket: *{text}*"), workbook(sheet)])


def someone_else(sheet: Sheet, current: ActiveSheet | None) -> Message:
    """Return what the slower of two admins sees: the sheet that is active now, and the choice once more."""
    text = "Another transfer sheet was activated in the meantime; this one was not activated."
    shown = [
        kit.section(f":warning: *{text}*"),
        against(current),
        kit.section("The comparison below is with the sheet before it; activating replaces the one now active."),
        workbook(sheet),
        *_figures(sheet),
        kit.actions(*_choices(sheet, button_value(sheet.id, current.version if current else 0))),
    ]
    return message_of(text, shown)


def someone_was_faster(current: ActiveSheet | None) -> str:
    """Return what the slower of two admins is told of a rollback."""
    now = f" Agents now see {current.counts.projects:,} projects{by(current.activated_by)}." if current else ""
    return (
        f"Another transfer sheet was activated in the meantime; nothing was changed.{now} "
        "Look again with `/transfers history`."
    )


def not_ready(sheet: Sheet) -> Message:
    """Return what a button says when its sheet can no longer be activated or discarded."""
    text = f"This transfer sheet is {STATES[sheet.state]}; the button no longer applies."
    return message_of(text, [kit.section(f":information_source: {text}"), workbook(sheet)])


def refused(
    message: str,
    active: ActiveSheet | None,
    *,
    name: str | None = None,
    found: Sequence[str] = (),
    choose: str | None = None,
) -> Message:
    """Return why a file was not imported. ``message`` names what is missing; ``found`` is what was there instead.

    ``name`` is the workbook's, where it is known; ``choose`` is the import that goes on once an admin has said which
    columns are meant.
    """
    shown = [kit.section(":no_entry: *The workbook was not imported*")]
    if name is not None:
        shown.append(kit.labelled([("Workbook", name)]))
    shown.append(kit.typed_section(message))
    if found:
        names = [kit.fit(name, kit.HEADER_TEXT) for name in found[:MOST_FOUND]]
        names += [f"and {len(found) - MOST_FOUND} more"] if len(found) > MOST_FOUND else []
        shown += [kit.context("Found in the file"), kit.bullets(names)]
    if choose is not None:
        shown += [
            kit.section(
                "Is it there under another name? Say which column it is: the import goes on, and next time too."
            ),
            kit.actions(kit.button("Choose the columns…", columns.CHOOSE, choose, style="primary")),
        ]
    shown.append(against(active, kept=True))
    return message_of(f"The workbook was not imported. {message}", shown)


def report_words(rows: int) -> str:
    """Return what is said beside the workbook of the rows with problems."""
    with_problem = "The row with a problem" if rows == 1 else f"The {rows:,} rows with problems"
    return f"{with_problem}: what became of each, what is the matter, and its cells as they were."


def export_words(active: ActiveSheet) -> str:
    """Return what is said beside the export."""
    return f"The active transfer sheet: {active.counts.projects:,} projects, as agents see them."


def failed(active: ActiveSheet | None) -> Message:
    """Return what is said when an import broke for a reason of ours."""
    text = (
        "The import stopped for a reason of ours, not of the workbook. Upload it again; "
        "if it stops again, tell the team that runs SOP Desk."
    )
    return message_of(text, [kit.section(f":warning: {text}"), against(active, kept=True)])


def _choices(sheet: Sheet, value: str, *, sure: Block | None = None) -> tuple[Block, ...]:
    activate = kit.button("Activate", ACTIVATE, value, style="danger" if sure else "primary", confirm=sure)
    # A version that is kept for rollback goes when its time comes, not by a click.
    return (activate, kit.button("Discard", DISCARD, value)) if sheet.state == "ready" else (activate,)


def _figures(sheet: Sheet) -> list[Block]:
    change = sheet.difference
    shown = [
        kit.fields(
            [
                ("New", f"{change.new:,}"),
                ("Changed", f"{change.changed:,}"),
                ("Removed", f"{change.removed:,}"),
                ("Unchanged", f"{change.unchanged:,}"),
                ("Rejected rows", f"{sheet.counts.rejected:,}"),
                ("Projects", f"{sheet.counts.projects:,}"),
            ]
        )
    ]
    if change.fields:
        named = sorted(change.fields.items(), key=lambda pair: (-pair[1], pair[0]))
        shown.append(kit.context("Changed: " + ", ".join(f"{FIELD_NAMES.get(n, n)} {count:,}" for n, count in named)))
    return shown


def _warnings(sheet: Sheet, loss_percent: int) -> list[Block]:
    change = sheet.difference
    in_both = change.changed + change.unchanged
    lines = []
    if change.share_removed * 100 > loss_percent:
        before = change.removed + in_both
        share = f"{change.removed:,} of the active sheet's {before:,} projects"
        lines.append(f"*{share} ({int(change.share_removed * 100)}%) would disappear.* Is this the whole workbook?")
    for name in LASTING:
        others = change.fields.get(name, 0)
        if others > in_both * MOSTLY_CHANGED and in_both >= ENOUGH_PROJECTS:
            lines.append(
                f"*{display(name)} is another one for {others:,} of {in_both:,} projects.* "
                "Is it the right column? *Columns…* shows which one was taken."
            )
    return [kit.section(f":warning: {line}") for line in lines]


def _sure(sheet: Sheet, loss_percent: int) -> Block | None:
    """Return the question before a sheet is activated by which suspiciously many projects would disappear."""
    change = sheet.difference
    if change.share_removed * 100 <= loss_percent:
        return None
    lost = f"{change.removed:,} projects would no longer be found. The sheet before it can be had back by a rollback."
    return {
        "title": kit.label("Activate in spite of it?", 100),
        "text": kit.plain(lost, 300),
        "confirm": kit.label("Activate", 30),
        "deny": kit.label("Not yet", 30),
        "style": "danger",
    }


def _problems(sheet: Sheet) -> list[Block]:
    counted = sorted(sheet.problems.items(), key=lambda pair: (-pair[1], pair[0]))
    shown = [counts_line(sheet.counts)]
    for title, kinds in (
        ("*Not taken*", [pair for pair in counted if pair[0] in REJECTING]),
        ("*Worth a look*", [pair for pair in counted if pair[0] not in REJECTING]),
    ):
        if kinds:
            shown += [kit.context(title), kit.bullets(_lines(kinds))]
    return shown


def _lines(counted: Sequence[tuple[str, int]]) -> list[str]:
    lines = [f"{_capital(KINDS.get(kind, kind))}: {count:,}" for kind, count in counted[:MOST_KINDS]]
    if len(counted) > MOST_KINDS:
        lines.append(f"and {len(counted) - MOST_KINDS} more kinds, all in the workbook below")
    return lines


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
