"""Which header stands for which field: named where none was found, shown, changed, forgotten. Values in, blocks out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from sop_core.transfers.columns import NEEDED, SYNONYMS, display
from sop_slack import blocks as kit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sop_core.transfers.records import ColumnChange, Job, Sheet
    from sop_slack.blocks import Block

CHOOSE: Final = "sheet_columns"
CHOOSE_CALLBACK: Final = "sheet_columns"
SHOW: Final = "sheet_columns_show"
SHOW_CALLBACK: Final = "sheet_columns_show"
COLUMN_ACTION: Final = "header"
FORGET_BLOCK: Final = "forget"
FORGET_ACTION: Final = "named"

MOST_HEADERS: Final = 100
MOST_CHANGES: Final = 5
ROOM: Final = 200_000
"""Bytes that the menus of all fields may take of the 250 KB that Slack gives a view."""
FIELDS: Final = tuple(field for field in SYNONYMS if field != "program")
WHY: Final = (
    "Was a column taken for the wrong field? Choose the right one. The workbook is then read again, "
    "and you see what changes before agents do."
)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What an admin asked for: a header for a field, ``None`` to forget it; and what is wrong beside which block."""

    changed: dict[str, str | None]
    errors: dict[str, str]


def missing_modal(record: Job) -> Block:
    """Return the modal in which an admin says which header stands above each needed field."""
    options = _options(record.headers)
    fields = [_field(field, options, placeholder="Which column is it?") for field in record.missing]
    hint = kit.context(
        "Remembered for the next workbook with the same headers: `/transfers columns` shows and changes it."
    )
    return kit.modal(
        "Choose the columns",
        [*fields, hint],
        callback_id=CHOOSE_CALLBACK,
        private_metadata=record.id,
        submit="Import",
        close="Cancel",
    )


def chosen_columns(record: Job, values: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Return which header was chosen for each field of :func:`missing_modal`, and what is wrong beside which block."""
    picked = {field: _picked(values, field, record.headers) for field in record.missing}
    chosen = {field: header for field, header in picked.items() if header is not None}
    errors = {_block(field): "Choose the column." for field in record.missing if field not in chosen}
    return chosen, errors | _twice(chosen)


def columns_modal(sheet: Sheet | None, named: Mapping[str, str], changes: Sequence[ColumnChange] = ()) -> Block | None:
    """Return the modal that shows which header stands for which field; ``None`` where there is nothing to show."""
    if sheet is None and not named and not changes:
        return None
    shown = [] if sheet is None else _of_sheet(sheet)
    if named:
        shown.append(_forget(named))
    return kit.modal(
        "Columns",
        [*shown, *_story(changes)],
        callback_id=SHOW_CALLBACK,
        private_metadata=sheet.id if sheet else "",
        submit="Save" if sheet or named else None,
        close="Cancel" if sheet or named else "Close",
    )


def asked(sheet: Sheet | None, named: Mapping[str, str], values: Mapping[str, Any]) -> Asked:
    """Return what an admin asked for in :func:`columns_modal`, from ``view.state.values``."""
    options: list[dict[str, Any]] = values.get(FORGET_BLOCK, {}).get(FORGET_ACTION, {}).get("selected_options") or []
    forgotten = dict.fromkeys(option["value"] for option in options if option["value"] in named)
    if sheet is None:
        return Asked(changed=forgotten, errors={})
    picked = {field: _picked(values, field, choosable(sheet)) for field in FIELDS}
    chosen = {field: header for field, header in picked.items() if header and header != sheet.columns.get(field)}
    left = [f for f in NEEDED if f not in chosen and sheet.columns.get(f) in chosen.values()]
    errors = {_block(field): "Its column is chosen for another field: choose one for this too." for field in left}
    return Asked(changed=forgotten | chosen, errors=errors | _twice(chosen))


def is_read_otherwise(sheet: Sheet, changed: Mapping[str, str | None]) -> bool:
    """Say whether a workbook has to be read again after a change."""
    return any(header is not None or field in sheet.named for field, header in changed.items())


def choosable(sheet: Sheet) -> tuple[str, ...]:
    """Return the headers that the menus of all fields can offer together."""
    headers = tuple(dict.fromkeys((*sheet.columns.values(), *sheet.headers)))[:MOST_HEADERS]
    largest = max((len(msgspec.json.encode(option)) for option in _options(headers)), default=1)
    return headers[: ROOM // (largest * len(FIELDS))]


def named_line(named: Mapping[str, str]) -> list[Block]:
    """Return the line that says which columns an admin had named, where there are any."""
    return [kit.labelled([("Named by an admin", ", ".join(_pairs(named)))])] if named else []


def button(sheet: str) -> Block:
    """Return the button that opens :func:`columns_modal` for a sheet."""
    return kit.button("Columns…", SHOW, sheet)


def _of_sheet(sheet: Sheet) -> list[Block]:
    headers = choosable(sheet)
    options = _options(headers)
    shown = [kit.labelled([("Workbook", sheet.file_name)]), kit.context(WHY)]
    for field in FIELDS:
        header = sheet.columns.get(field)
        at = str(headers.index(header)) if header in headers else None
        hint = "Named by an admin." if field in sheet.named else ""
        shown.append(
            _field(
                field, options, placeholder="Not in this workbook", chosen=at, hint=hint, optional=field not in NEEDED
            )
        )
    return shown


def _field(
    field: str,
    options: Sequence[Block],
    *,
    placeholder: str,
    chosen: str | None = None,
    hint: str = "",
    optional: bool = False,
) -> Block:
    menu = kit.select(COLUMN_ACTION, options, placeholder=placeholder, chosen=chosen)
    return kit.field(display(field), menu, block_id=_block(field), hint=hint, optional=optional)


def _forget(named: Mapping[str, str]) -> Block:
    options = [kit.option(pair, field) for field, pair in zip(named, _pairs(named), strict=True)]
    menu = kit.multi_select(FORGET_ACTION, options, placeholder="Keep all of them")
    hint = "The column is then found by its name again, in this workbook and the next."
    return kit.field("Forget what an admin named", menu, block_id=FORGET_BLOCK, optional=True, hint=hint)


def _story(changes: Sequence[ColumnChange]) -> list[Block]:
    shown: list[Block] = []
    for change in changes[:MOST_CHANGES]:
        named = _pairs({f: h for f, h in change.after.items() if change.before.get(f) != h})
        gone = _pairs({f: h for f, h in change.before.items() if f not in change.after})
        lines = [*(f"named {pair}" for pair in named), *(f"forgot {pair}" for pair in gone)]
        shown.append(kit.context(f"{kit.mention(change.actor)} · {kit.time_in_reader_zone(change.at)}"))
        shown.append(kit.bullets(lines))
    return [kit.divider(), kit.context("*Changes so far*"), *shown] if shown else []


def _pairs(named: Mapping[str, str]) -> list[str]:
    return [f"{display(field)} = {kit.fit(header, kit.OPTION_TEXT)}" for field, header in named.items()]


def _options(headers: Iterable[str]) -> list[Block]:
    return [kit.option(header, str(at)) for at, header in enumerate(headers)]


def _block(field: str) -> str:
    return f"column:{field}"


def _picked(values: Mapping[str, Any], field: str, headers: Sequence[str]) -> str | None:
    option = values.get(_block(field), {}).get(COLUMN_ACTION, {}).get("selected_option") or {}
    at = int(option.get("value", -1))
    return headers[at] if 0 <= at < len(headers) else None


def _twice(chosen: Mapping[str, str]) -> dict[str, str]:
    seen: set[str] = set()
    errors: dict[str, str] = {}
    for field, header in chosen.items():
        if header in seen:
            errors[_block(field)] = "This column is chosen above already."
        seen.add(header)
    return errors
