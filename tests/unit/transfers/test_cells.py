from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sop_core.transfers import cells

if TYPE_CHECKING:
    from sop_core.transfers.cells import Cell


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("  Jane\u00a0 Doe\u200b ", "Jane Doe"),
        ("71 Curry St\nApt 4_x000D_", "71 Curry St Apt 4"),
        ("Mun\u0303oz", "Muñoz"),
        (2139.0, "2139"),
        (2139, "2139"),
        (5.67, "5.67"),
        (True, "TRUE"),
        ("#N/A", None),
        ("#REF!", None),
        ("n/a", None),
        ("—", None),
        ("   ", None),
        (None, None),
    ],
)
def test_text_is_one_clean_line_or_nothing(cell: Cell, text: str | None) -> None:
    assert cells.text_of(cell) == text


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        (8103, "08103"),
        (8103.0, "08103"),
        ("8103", "08103"),
        ("08103-1234", "08103"),
        ("081031234", "08103"),
        (81031234, "08103"),
        (501, "00501"),
        (85301, "85301"),
        ("8530", "08530"),
        ("853011", None),
        ("AB12 3CD", None),
        (None, None),
    ],
)
def test_zips_get_their_zeros_back(cell: Cell, found: str | None) -> None:
    assert cells.zip_in(cells.text_of(cell)) == found


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("(267) 906-0185", "2679060185"),
        ("267.906.0185", "2679060185"),
        (2679060185, "2679060185"),
        (2679060185.0, "2679060185"),
        ("+1 267 906 0185", "2679060185"),
        ("12679060185", "2679060185"),
        ("267-906-0185 x12", "2679060185"),
        ("267-906-0185 / 856-555-0101", "2679060185"),
        ("call after 5: 267 906 0185", "2679060185"),
        ("906-0185", None),
        ("0679060185", None),
        ("26790601855", None),
        ("2.67906E+09", None),
    ],
)
def test_phones_are_ten_digits(cell: Cell, found: str | None) -> None:
    assert cells.phone_of(cell) == found


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("2023-09-14", "2023-09-14"),
        ("2023-09-14 00:00:00", "2023-09-14"),
        ("9/14/2023", "2023-09-14"),
        ("09/14/23", "2023-09-14"),
        ("14/09/2023", "2023-09-14"),
        ("Sep 14, 2023", "2023-09-14"),
        ("Sept. 14th 2023", "2023-09-14"),
        ("September 14 2023", "2023-09-14"),
        ("14-Sep-23", "2023-09-14"),
        ("14 September 2023", "2023-09-14"),
        (45183, "2023-09-14"),
        (45183.75, "2023-09-14"),
        ("45183", "2023-09-14"),
        ("2/30/2023", None),
        ("1900-01-01", None),
        ("soon", None),
        (12, None),
    ],
)
def test_dates_are_read_as_written_in_the_us(cell: Cell, found: str | None) -> None:
    assert cells.date_in(cells.text_of(cell)) == found


def test_serial_dates_count_from_1904_where_the_workbook_says_so() -> None:
    assert cells.date_in("43721", from_1904=True) == "2023-09-14"


@pytest.mark.parametrize(
    ("cell", "found"),
    [("NJ", "NJ"), ("n.j.", "NJ"), ("New Jersey", "NJ"), (" ca ", "CA"), ("Ontario", None), ("XX", None)],
)
def test_states_are_codes(cell: Cell, found: str | None) -> None:
    assert cells.state_in(cells.text_of(cell)) == found


@pytest.mark.parametrize(
    ("cell", "found"),
    [("Jane@Example.com ", "jane@example.com"), ("mailto:j@example.org", "j@example.org"), ("jane at example", None)],
)
def test_emails_are_small_letters(cell: Cell, found: str | None) -> None:
    assert cells.email_of(cell) == found


@pytest.mark.parametrize(
    ("cell", "found"),
    [("inf-845443", "INF-845443"), ("INF \N{EN DASH} 845443", "INF-845443"), (845443.0, "845443"), (None, None)],
)
def test_project_ids_are_capitals_with_plain_dashes(cell: Cell, found: str | None) -> None:
    assert cells.project_id_in(cells.text_of(cell)) == found


@pytest.mark.parametrize(
    ("cell", "damaged"), [(1e16, True), ("8.45E+05", True), (2139.5, True), (2139, False), ("INF-1", False)]
)
def test_ids_that_excel_shortened_are_recognised(cell: Cell, *, damaged: bool) -> None:
    assert cells.is_damaged_id(cell) is damaged
