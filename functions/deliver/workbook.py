"""A report as a workbook with native charts. Whatever a person typed stays text: no cell becomes a formula."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, WriteOnlyCell
from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from sop_core.procedures import title
from sop_core.spreadsheets import begins_a_formula

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from openpyxl.cell.cell import Cell
    from openpyxl.chart._chart import ChartBase
    from openpyxl.worksheet.worksheet import Worksheet

    from sop_core.cases.case import CaseEvent
    from sop_core.cases.report import ProcedureNumbers, Report

HEAD: Final = Font(bold=True)
Value = str | int | float | None
WIDTH: Final = 18
CHART_WIDTH: Final = 22
"""Centimetres: the names of procedures stand below without being turned."""
EVENTS: Final = (
    "At (UTC)",
    "Case",
    "Procedure",
    "Version",
    "Action",
    "By",
    "From",
    "To",
    "Reason",
    "Due",
    "Clock from",
)


def workbook(numbers: Report) -> bytes:
    """Return the report as the bytes of an .xlsx file."""
    # Written as it goes: a busy month has tens of thousands of events.
    book = Workbook(write_only=True)
    _volume(book.create_sheet("Volume"), numbers)
    _outcomes(book.create_sheet("Outcomes"), numbers.procedures)
    _times(book.create_sheet("Times"), numbers.procedures)
    _table(book.create_sheet("Paths"), ("Procedure", "Path", "Runs"), _titled(numbers.paths))
    _table(book.create_sheet("Drop-off"), ("Procedure", "Stopped at", "Runs"), _titled(numbers.stops))
    _table(book.create_sheet("Events"), EVENTS, [_event(each) for each in numbers.events])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _volume(sheet: Worksheet, numbers: Report) -> None:
    _table(sheet, ("Day", "Opened", "Closed"), numbers.days)
    chart = LineChart()
    chart.title = "Cases opened and closed"
    _fill(chart, sheet, rows=len(numbers.days), columns=(2, 3))
    for line in chart.series:
        # A count has no values between the days that a curve could show.
        line.smooth = False
    _axes(chart, "Cases")
    sheet.add_chart(chart, "E2")


def _outcomes(sheet: Worksheet, procedures: Sequence[ProcedureNumbers]) -> None:
    reasons = sorted({reason for each in procedures for reason in each.outcomes})
    heads = ("Procedure", "Opened", "Overdue", "Returned", *reasons)
    rows: list[Sequence[Value]] = [
        (
            title(each.procedure),
            each.opened,
            each.overdue,
            each.returned,
            *(each.outcomes.get(name, 0) for name in reasons),
        )
        for each in procedures
    ]
    _table(sheet, heads, rows)
    below = len(rows) + 4
    _bars(sheet, "Volume by procedure", "Cases", rows=len(rows), columns=(2, 4), at=f"A{below}")
    if reasons:
        _bars(sheet, "Outcomes by procedure", "Cases", rows=len(rows), columns=(5, 4 + len(reasons)), at=f"J{below}")


def _times(sheet: Worksheet, procedures: Sequence[ProcedureNumbers]) -> None:
    heads = (
        "Procedure",
        "Median hours to claim",
        "Median hours to close",
        "Longest to claim",
        "Longest to close",
        "Claimed",
        "Closed",
    )
    rows = [
        (
            title(each.procedure),
            each.to_claim.median,
            each.to_close.median,
            each.to_claim.longest,
            each.to_close.longest,
            each.to_claim.count,
            each.to_close.count,
        )
        for each in procedures
    ]
    _table(sheet, heads, rows)
    _bars(sheet, "Median hours to claim and to close", "Hours", rows=len(rows), columns=(2, 3), at=f"A{len(rows) + 4}")


def _titled(rows: Iterable[tuple[str, str, int]]) -> list[Sequence[Value]]:
    return [(title(procedure), what, count) for procedure, what, count in rows]


def _bars(sheet: Worksheet, name: str, unit: str, *, rows: int, columns: tuple[int, int], at: str) -> None:
    if not rows:
        return
    chart = BarChart()
    chart.type, chart.title = "col", name
    _fill(chart, sheet, rows=rows, columns=columns)
    _axes(chart, unit)
    sheet.add_chart(chart, at)


def _axes(chart: BarChart | LineChart, unit: str) -> None:
    """Show both axes (Excel leaves out one that does not say it is there), with a scale of whole numbers for cases."""
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.y_axis.title = unit
    chart.y_axis.scaling.min = 0
    for text in (chart.title, chart.y_axis.title, chart.legend):
        if text is not None:
            # Without a word on it, Excel lays a title over what is drawn.
            text.overlay = False
    chart.y_axis.number_format = "0" if unit == "Cases" else "0.0"
    chart.width = CHART_WIDTH


def _fill(chart: ChartBase, sheet: Worksheet, *, rows: int, columns: tuple[int, int]) -> None:
    first, last = columns
    chart.add_data(Reference(sheet, min_col=first, max_col=last, min_row=1, max_row=rows + 1), titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, min_row=2, max_row=rows + 1))


def _table(sheet: Worksheet, heads: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
    sheet.freeze_panes = "A2"
    for place in range(1, len(heads) + 1):
        sheet.column_dimensions[get_column_letter(place)].width = WIDTH
    sheet.append([_cell(sheet, name, font=HEAD) for name in heads])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])


def _cell(sheet: Worksheet, value: Value, *, font: Font | None = None) -> Cell:
    if not isinstance(value, str):
        return WriteOnlyCell(sheet, value)
    text = ILLEGAL_CHARACTERS_RE.sub("", value)
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    cell.quotePrefix = begins_a_formula(text)
    if font is not None:
        cell.font = font
    return cell


def _event(event: CaseEvent) -> Sequence[Value]:
    # The notes stay out: a report needs no customer data.
    return (
        event.at,
        event.case,
        title(event.procedure),
        event.version,
        event.action,
        event.actor_name,
        event.from_state,
        event.to_state,
        event.reason if event.action in {"close", "remind"} else None,
        event.due_at,
        event.clock_from,
    )
