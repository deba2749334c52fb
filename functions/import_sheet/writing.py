"""Workbooks that go back to people: rows with problems, the active sheet, an empty one.

Whatever a cell holds is written as text, never as a formula: text that begins with = + - or @ stays what it is.
"""

from __future__ import annotations

import io
from collections import defaultdict
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Final, cast

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from sop_core.spreadsheets import begins_a_formula
from sop_core.transfers.cells import text_of
from sop_core.transfers.columns import NEEDED, display
from sop_core.transfers.project import TAB
from sop_core.transfers.words import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from openpyxl.cell.cell import Cell as WrittenCell
    from openpyxl.worksheet.worksheet import Worksheet

    from functions.import_sheet.workbook import Taken
    from sop_core.transfers.cells import Cell
    from sop_core.transfers.problems import Problem
    from sop_core.transfers.project import Project
    from sop_core.transfers.sheet import Reading

MOST_ROWS: Final = 20_000
MOST_COLUMNS: Final = 100
LONGEST_CELL: Final = 32_000
FIELDS: Final = (
    "project_id",
    "homeowner",
    "co_homeowner",
    "address",
    "city",
    "state",
    "zip",
    "phone",
    "email",
    "original_ip",
    "transferred_to",
    "transfer_date",
    "status",
    "milestone",
)
WIDTHS: Final = {"project_id": 16, "state": 8, "zip": 9, "milestone": 11}


def problem_rows(taken: Taken) -> bytes:
    """Return the workbook of the rows with problems: Excel's row number, what is the matter, the original cells."""
    book = Workbook(write_only=True)
    found: dict[int, list[Problem]] = defaultdict(list)
    for problem in taken.reading.problems:
        found[problem.row].append(problem)
    header_row = taken.reading.header_row
    wanted = {header_row, *islice(found, MOST_ROWS)}
    rows = {row: _cells_of(cells) for row, cells in enumerate(taken.rows, 1) if row in wanted}
    header = rows[header_row]
    tab = _tab(book, "Problem rows", [8, 22, 60, *[18] * len(header)])
    tab.append([_cell(tab, text, bold=True) for text in ("Row", "What became of it", "Problem", *header)])
    for row, problems in list(found.items())[:MOST_ROWS]:
        said = " ".join(dict.fromkeys(_sentence(problem) for problem in problems))
        # Of somebody who was forgotten the row is told, and nothing of what stands in it.
        shown = () if any(problem.kind == "forgotten" for problem in problems) else rows[row]
        cells = (row, _became(row, problems, taken.reading), said, *shown)
        tab.append([_cell(tab, cell) for cell in cells])
    if len(found) > MOST_ROWS:
        tab.append([_cell(tab, f"and {len(found) - MOST_ROWS:,} rows more")])
    return _saved(book)


def _became(row: int, problems: Sequence[Problem], reading: Reading) -> str:
    if row <= reading.header_row:
        return "Header"
    if any(problem.severity == "reject" for problem in problems):
        return "Not taken"
    if any(problem.kind == "repeat" for problem in problems):
        return "Merged"
    return "Taken, with a warning"


def _sentence(problem: Problem) -> str:
    """Return what is the matter, with its column's name where the words do not have it."""
    name = display(problem.field) if problem.field else ""
    return problem.message if fold(name) in fold(problem.message) else f"{name}: {problem.message}"


def export(projects: Iterable[Project]) -> bytes:
    """Return a workbook that an import would read as these projects."""
    book = Workbook(write_only=True)
    tab = _projects_tab(book)
    for project in projects:
        tab.append([_cell(tab, _value(project, field)) for field in FIELDS])
    return _saved(book)


def template() -> bytes:
    """Return an empty workbook to fill in."""
    book = Workbook(write_only=True)
    _projects_tab(book)
    tab = _tab(book, "Read Me", [26, 90])
    for name, text in _explained():
        tab.append([_cell(tab, name, bold=True), _cell(tab, text)])
    return _saved(book)


def _explained() -> Iterator[tuple[str, str]]:
    yield (
        "What it is",
        f"One project a row in the tab {TAB}. Columns may stand in any order, others may stand beside them.",
    )
    yield "Needed columns", ", ".join(display(field) for field in NEEDED)
    yield "Transferred To", "The receiving installer, or: Stayed with original IP. Empty while a transfer is pending."
    yield "Transfer Date", "A date, for example 2023-09-14 or 9/14/2023."
    yield "What it is not", "Shield and Harness jobs are kept elsewhere; such rows are not taken."


def _projects_tab(book: Workbook) -> Worksheet:
    tab = _tab(book, TAB, [WIDTHS.get(field, 26) for field in FIELDS])
    tab.append([_cell(tab, display(field), bold=True) for field in FIELDS])
    return tab


def _value(project: Project, field: str) -> Cell | date:
    value: str | None = getattr(project, field)
    return date.fromisoformat(value) if field == "transfer_date" and value else value


def _tab(book: Workbook, title: str, widths: Sequence[int]) -> Worksheet:
    # openpyxl's types know the ordinary sheet only; the write-only one takes what is used here.
    tab = cast("Worksheet", book.create_sheet(title))
    tab.freeze_panes = "A2"
    tab.auto_filter.ref = f"A1:{get_column_letter(len(widths))}1"
    for at, width in enumerate(widths, 1):
        tab.column_dimensions[get_column_letter(at)].width = width
    return tab


def _cells_of(row: Sequence[Cell]) -> list[Cell]:
    kept = list(row[:MOST_COLUMNS])
    while kept and text_of(kept[-1]) is None:
        kept.pop()
    return kept


def _cell(tab: Worksheet, value: Cell | date, *, bold: bool = False) -> WrittenCell:
    clean = ILLEGAL_CHARACTERS_RE.sub("", value)[:LONGEST_CELL] if isinstance(value, str) else value
    cell = WriteOnlyCell(tab, clean)  # type: ignore[arg-type]  # its types know datetime only; dates work as well
    if isinstance(clean, str):
        cell.data_type = "s"
        # Editing the cell in Excel must not make a formula of it either.
        cell.quotePrefix = begins_a_formula(clean)
    if bold:
        cell.font = Font(bold=True)
    return cell


def _saved(book: Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
