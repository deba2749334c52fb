"""What workbooks have beside their cells: hidden and struck rows, errors, merged cells, odd XML. One file for each."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from functions.import_sheet.reader import MAX_COLUMNS
from functions.import_sheet.workbook import read_file
from sop_core.transfers.sheet import SheetError
from tests.builders.workbooks import HEADERS, JANE, OMAR, of_tabs, with_parts, workbook

if TYPE_CHECKING:
    from collections.abc import Callable

    from openpyxl.worksheet.worksheet import Worksheet

    from sop_core.transfers.sheet import Reading

SHEET = "xl/worksheets/sheet1.xml"


def book(change: Callable[[Worksheet], Any], rows: tuple[Any, ...] = (JANE, OMAR)) -> bytes:
    made = Workbook()
    tab = made.worksheets[0]
    tab.title = "All Projects"
    made.create_sheet("Lists")
    for row in (HEADERS, *rows):
        tab.append(list(row))
    change(tab)
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def in_sheet(change: Callable[[bytes], bytes]) -> bytes:
    return with_parts(
        book(lambda _: None), lambda name, content: change(content) if name.endswith(SHEET[3:]) else content
    )


def told(reading: Reading) -> list[tuple[int, str, str | None]]:
    return [(problem.row, problem.kind, problem.field) for problem in reading.problems]


def hide_row(tab: Worksheet) -> None:
    tab.row_dimensions[2].hidden = True


def hide_column(tab: Worksheet) -> None:
    tab.column_dimensions["G"].hidden = True


def hide_tab(tab: Worksheet) -> None:
    tab.sheet_state = "veryHidden"


def strike_row(tab: Worksheet) -> None:
    for cell in tab[3]:
        cell.font = Font(strike=True)


def strike_phone(tab: Worksheet) -> None:
    tab["G2"].font = Font(strike=True)


def error(tab: Worksheet) -> None:
    tab["D2"].value, tab["D2"].data_type = "#N/A", "e"


def formula(tab: Worksheet) -> None:
    tab["B2"].value = '=CONCATENATE("Jane"," Doe")'


@pytest.mark.parametrize(
    ("change", "problems"),
    [
        (hide_row, [(2, "hidden_row", None)]),
        (hide_column, [(1, "hidden_column", "phone")]),
        (hide_tab, [(1, "hidden_sheet", None)]),
        (strike_row, [(3, "struck_through", None)]),
        (strike_phone, []),
        (error, [(2, "error_value", "city")]),
        (formula, [(2, "uncalculated", "homeowner"), (2, "missing_name", "homeowner")]),
    ],
)
def test_what_an_admin_should_know_is_told_and_the_rows_are_kept(
    change: Callable[[Worksheet], None], problems: list[tuple[int, str, str | None]]
) -> None:
    reading = read_file(book(change))

    assert told(reading) == problems
    assert [project.row for project in reading.projects] == [2, 3]


def test_a_calculated_formula_is_its_value() -> None:
    calculated = b'<c r="B2" t="str"><f>A1&amp;"x"</f><v>Jane Calculated</v></c>'
    reading = read_file(in_sheet(lambda x: re.sub(rb'<c r="B2"[^>]*>.*?</c>', calculated, x)))

    assert (reading.projects[0].homeowner, reading.problems) == ("Jane Calculated", ())


@pytest.mark.parametrize(
    ("stored", "project_id", "problems"),
    [
        (b"100001", "100001", []),
        (b"12345678901234567", "12345678901234567", []),
        (b"12345678901234500", "12345678901234500", [(2, "malformed_id", "project_id")]),
        (b"1.2345678901234501E+16", "12345678901234500", [(2, "malformed_id", "project_id")]),
    ],
)
def test_an_id_stored_as_a_number_keeps_its_digits_or_is_doubted(
    stored: bytes, project_id: str, problems: list[tuple[int, str, str | None]]
) -> None:
    cell = b'<c r="A2"><v>' + stored + b"</v></c>"
    reading = read_file(in_sheet(lambda x: re.sub(rb'<c r="A2"[^>]*>.*?</c>', cell, x)))

    assert reading.projects[0].project_id == project_id
    assert told(reading) == problems


def test_a_date_of_a_workbook_that_counts_from_1904_is_right() -> None:
    def since_1904(tab: Worksheet) -> None:
        assert tab.parent is not None
        tab.parent.epoch = CALENDAR_MAC_1904
        tab["J2"].value = datetime(2023, 9, 14)  # noqa: DTZ001 - Excel's times have no zone

    assert read_file(book(since_1904)).projects[0].transfer_date == "2023-09-14"


@pytest.mark.parametrize(
    "claimed",
    [b'<dimension ref="A1:B1"/>', b'<dimension ref="garbage"/>', b'<dimension ref="A1:XFD1048576"></dimension>', b""],
)
def test_a_wrong_claim_of_size_costs_nothing(claimed: bytes) -> None:
    data = in_sheet(lambda x: re.sub(rb"<dimension [^>]*/>", claimed, x))

    assert len(read_file(data).projects) == 2


def test_strict_open_xml_is_read() -> None:
    strict = {
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": (
            b"http://purl.oclc.org/ooxml/officeDocument/relationships"
        ),
    }

    def convert(_: str, content: bytes) -> bytes:
        for name, other in strict.items():
            content = content.replace(name, other)
        return content

    assert len(read_file(with_parts(book(hide_row), convert)).projects) == 2


def test_a_tab_whose_part_is_missing_is_damage_and_no_empty_tab() -> None:
    data = with_parts(book(lambda _: None), lambda name, content: None if name == SHEET else content)

    with pytest.raises(SheetError) as refused:
        read_file(data)

    assert refused.value.kind == "damaged"
    assert "the tab itself is not in it" in refused.value.message


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_refused_with_or_without_its_mark(encoding: str) -> None:
    with pytest.raises(SheetError) as refused:
        read_file(in_sheet(lambda x: x.decode().encode(encoding)))

    assert refused.value.kind == "unusual_encoding"


@pytest.mark.parametrize("encoding", ["windows-1252", "windows-1251", "ISO-8859-2", "us-ascii"])
def test_xml_of_another_program_is_read_in_its_encoding(encoding: str) -> None:
    head = f'<?xml version="1.0" encoding="{encoding}"?>'.encode()
    declared = with_parts(
        workbook(), lambda name, x: head + x.rpartition(b"?>")[2] if name.endswith((".xml", ".rels")) else x
    )
    assert len(read_file(declared).projects) == 2


def test_the_macros_of_an_xlsm_are_ignored() -> None:
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    macro = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    buffer = io.BytesIO(with_parts(book(hide_row), lambda _, content: content.replace(kind, macro)))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0" * 200)

    assert told(read_file(buffer.getvalue())) == [(2, "hidden_row", None)]


@pytest.mark.parametrize(
    ("written", "date"),
    [("9/14/2023", "2023-09-14"), ("Sep 14, 2023", "2023-09-14"), (45183, "2023-09-14"), ("45183", "2023-09-14")],
)
def test_a_date_as_text_or_serial_is_a_date(written: str | int, date: str) -> None:
    assert read_file(workbook([(*JANE[:9], written, JANE[10])])).projects[0].transfer_date == date


@pytest.mark.parametrize(("written", "zip_code"), [(8103, "08103"), ("8103", "08103"), ("08103-1234", "08103")])
def test_a_zip_that_lost_its_zero_has_it_back(written: str | int, zip_code: str) -> None:
    reading = read_file(workbook([(*JANE[:5], written, *JANE[6:])]))

    assert (reading.projects[0].zip, reading.problems) == (zip_code, ())


def test_names_with_a_prefix_are_read_with_their_marks() -> None:
    data = with_parts(
        book(hide_row),
        lambda name, x: re.sub(rb"<(/?)(\w)", rb"<\1x:\2", x).replace(b"xmlns=", b"xmlns:x=") if name == SHEET else x,
    )

    assert told(read_file(data)) == [(2, "hidden_row", None)]


def test_a_million_formatted_empty_rows_are_nothing() -> None:
    empty = b"".join(b'<row r="%d" s="1"><c r="A%d" s="1"/></row>' % (n, n) for n in range(4, 1_000_004))
    reading = read_file(in_sheet(lambda x: x.replace(b"</sheetData>", empty + b"</sheetData>")))

    assert (reading.rows, len(reading.projects)) == (2, 2)


def test_a_stray_cell_far_away_is_a_rejected_row_or_nothing() -> None:
    below = b'<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    reading = read_file(in_sheet(lambda x: x.replace(b"</sheetData>", below)))

    assert told(reading) == [(1_048_576, "not_a_project", None)]

    beside = b'<c r="XFD3" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    assert told(read_file(in_sheet(lambda x: x.replace(b"</row></sheetData>", beside)))) == [(1, "too_wide", None)]


def test_rows_out_of_order_are_read_by_their_number() -> None:
    data = in_sheet(lambda x: re.sub(rb'(<row r="2".*?</row>)(<row r="3".*?</row>)', rb"\2\1", x))

    assert [project.homeowner for project in read_file(data).projects] == ["Jane Doe", "Omar Haddad"]


def test_a_header_of_two_rows_with_merged_cells_is_found_and_not_read_as_a_project() -> None:
    def two_rows(tab: Worksheet) -> None:
        tab.insert_rows(1)
        tab["B1"], tab["B2"], tab["C1"], tab["C2"] = "Homeowner", "Name", "Property", "Address"
        tab["A1"], tab["A2"] = "Project ID", None
        tab.merge_cells("A1:A2")
        tab.merge_cells("C1:F1")

    reading = read_file(book(two_rows, (JANE, ("Project ID", *[None] * 10), OMAR)))

    assert [project.row for project in reading.projects] == [3, 5]
    assert told(reading) == [(4, "not_a_project", None)]


def test_a_cell_merged_downwards_counts_for_each_of_its_rows() -> None:
    def merge(tab: Worksheet) -> None:
        tab.merge_cells("I2:I3")

    reading = read_file(book(merge, (JANE, (*OMAR[:9], None, "Transferred"))))

    assert [project.installer for project in reading.projects] == ["listed", "listed"]


@pytest.mark.parametrize("label", ["ARIZONA", "Batch 2 - Luxor", "Subtotal:", "Count: 2", "End of list"])
def test_lines_between_the_projects_are_rejected(label: str) -> None:
    assert told(read_file(book(lambda _: None, (JANE, (label,), OMAR)))) == [(3, "not_a_project", None)]


def test_a_line_across_the_columns_is_rejected_wherever_it_begins() -> None:
    def across(tab: Worksheet) -> None:
        tab.merge_cells("B3:K3")

    reading = read_file(book(across, (JANE, (None, "Camden, New Jersey"), OMAR)))

    assert told(reading) == [(3, "not_a_project", None)]


def test_titles_above_and_a_repeated_header_are_passed_over() -> None:
    titles = (("Infinity Transfers",), ("as of", "2026-01-19"), ())
    data = of_tabs({"All Projects": [*titles, HEADERS, JANE, HEADERS, OMAR]})
    reading = read_file(data)

    assert [project.row for project in reading.projects] == [5, 7]
    assert told(reading) == [(6, "not_a_project", None)]


def test_of_two_tabs_named_alike_the_one_written_so_is_read() -> None:
    data = of_tabs({"all projects ": [["x"]], "All Projects": [HEADERS, JANE]})

    assert len(read_file(data).projects) == 1


@pytest.mark.parametrize("tab", ["Projects", "All Projects (2)", "All Projects old"])
def test_another_tab_is_not_taken_for_it(tab: str) -> None:
    with pytest.raises(SheetError, match="has no tab All Projects"):
        read_file(workbook(tab=tab))


def test_accents_spaces_and_invisible_characters_are_made_one() -> None:
    strange = ("\u200bINF\u2011100001\u00a0", "Rene\u0301\u00a0 Nun\u0303ez ", " 71 Curry\nSt\u00ad ", *JANE[3:])
    project = read_file(workbook([strange])).projects[0]

    assert (project.project_id, project.homeowner, project.address) == ("INF-100001", "René Nuñez", "71 Curry St")


def test_so_many_columns_are_read_and_cells_beyond_are_left_alone() -> None:
    def far(tab: Worksheet) -> None:
        tab.cell(1, MAX_COLUMNS, "Milestone")
        tab.cell(2, MAX_COLUMNS, "M1")
        tab.cell(1, MAX_COLUMNS + 1, "Email")
        tab.cell(2, MAX_COLUMNS + 1, "jane@example.com")

    reading = read_file(book(far))

    assert (reading.projects[0].milestone, reading.projects[0].email) == ("M1", None)
    assert told(reading) == [(1, "too_wide", None)]
