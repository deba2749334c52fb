"""What can be wrong with a row, and how it is said."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

Severity = Literal["reject", "warn"]

KINDS: Final[dict[str, str]] = {
    "not_findable": "neither name, address nor project id",
    "not_a_project": "title, section, total or repeated header line",
    "excluded_job": "Shield or Harness job",
    "repeat": "exact repeat of an earlier row, merged",
    "conflict": "same project id as another row, different content",
    "missing_id": "no project id",
    "malformed_id": "project id looks damaged",
    "missing_name": "no homeowner",
    "missing_address": "no property address",
    "bad_phone": "phone is not ten digits",
    "bad_zip": "ZIP is not five digits",
    "bad_state": "state is not a US state",
    "bad_email": "email is not an address",
    "bad_date": "transfer date is not a date",
    "unknown_installer": "installer not known",
    "error_value": "cell holds an Excel error",
    "uncalculated": "formula was never calculated: open the workbook in Excel, save it, upload it again",
    "too_long": "text is too long, the start was kept",
    "struck_through": "row is struck through, taken all the same",
    "hidden_row": "row is hidden, taken all the same",
    "hidden_column": "column is hidden, read all the same",
    "too_wide": "columns far to the right were not read",
    "hidden_sheet": "tab is hidden, read all the same",
    "forgotten": "person was forgotten at their request, taken without name, address, phone and e-mail",
}


REJECTING: Final = frozenset({"not_findable", "not_a_project", "excluded_job"})
"""Kinds that keep a row out; every other row is taken (or merged into the one it repeats)."""


class Problem(msgspec.Struct, frozen=True, gc=False):
    """One finding; its message quotes no cell.

    ``row`` is Excel's row number; ``field`` is ``None`` where the whole row is meant.
    """

    row: int
    severity: Severity
    kind: str
    field: str | None
    message: str


def warning(row: int, kind: str, field: str | None = None, *, more: str = "") -> Problem:
    """Return what is said of a row that is taken all the same; ``more`` goes on with the sentence."""
    sentence = f"{KINDS[kind][0].upper()}{KINDS[kind][1:]}{more}"
    return Problem(row, "warn", kind, field, sentence if sentence.endswith(".") else f"{sentence}.")


def rejection(row: int, kind: str) -> Problem:
    """Return what is said of a row that is not taken."""
    return msgspec.structs.replace(warning(row, kind), severity="reject")
