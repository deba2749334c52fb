"""The page for admins says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from functions.import_sheet.container import MAX_FILE, MAX_UNPACKED, MEGABYTE
from functions.import_sheet.reader import MAX_COLUMNS
from functions.import_sheet.tidying import KEPT
from sop_core.transfers.columns import HEADER_ROWS, NEEDED, display
from sop_core.transfers.problems import KINDS, REJECTING
from sop_core.transfers.sheet import MAX_ROWS

PAGE = (Path(__file__).parents[3] / "docs" / "transfers.md").read_text(encoding="utf-8")


def table() -> str:
    lines = ["| problem | what it means | the row |", "|---|---|---|"]
    for kind, words in KINDS.items():
        fate = "rejected" if kind in REJECTING else "merged" if kind == "repeat" else "kept"
        lines.append(f"| `{kind}` | {words} | {fate} |")
    return "\n".join(lines)


def test_the_table_of_problems_is_the_codes() -> None:
    shown = re.search(r"<!-- problems:.*?-->\n(.*?)\n?<!-- end -->", PAGE, re.DOTALL)

    assert shown is not None
    assert shown[1] == table(), f"put this into docs/transfers.md:\n{table()}"


def test_the_figures_are_the_codes() -> None:
    said = (
        f"{MAX_FILE // MEGABYTE} MB",
        f"{MAX_ROWS:,} rows",
        f"{MAX_UNPACKED // MEGABYTE} MB",
        f"first {HEADER_ROWS} rows",
        f"first {MAX_COLUMNS:,} columns",
    )

    assert [figure for figure in said if figure not in PAGE] == []
    assert KEPT == 5
    assert [display(field) for field in NEEDED if f"**{display(field)}**" not in PAGE] == []
