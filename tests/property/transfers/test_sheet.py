from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sop_core.transfers.cells import text_of, texts_of
from sop_core.transfers.sheet import read
from tests.builders.workbooks import HEADERS, JANE, OMAR

CELLS = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.integers(-(10**17), 10**17),
    st.floats(allow_nan=True, allow_infinity=True),
    st.booleans(),
    st.sampled_from([*HEADERS, *(cell for cell in (*JANE, *OMAR)), "#N/A", "Shield", "Total", "2023-13-45"]),
)
ROWS = st.lists(st.lists(CELLS, max_size=14) | st.sampled_from([list(JANE), list(OMAR)]), max_size=12)


@settings(max_examples=150)
@given(ROWS)
def test_every_row_is_accounted_for_exactly_once(rows: list[list[str | int | float | bool | None]]) -> None:
    result = read([list(HEADERS), *rows])

    taken = [project.row for project in result.projects]
    rejected = [problem.row for problem in result.problems if problem.severity == "reject"]
    merged = [problem.row for problem in result.problems if problem.kind == "repeat"]
    filled = [
        number
        for number, row in enumerate(rows, 2)
        if any(cell is not None and not (isinstance(cell, str) and not cell.strip()) for cell in row)
    ]
    assert sorted([*taken, *rejected, *merged]) == filled
    assert (result.rows, result.merged, result.rejected) == (len(filled), len(merged), len(rejected))
    assert len({project.key for project in result.projects}) == len(result.projects)


TEXTS = st.one_of(
    st.text(max_size=8),
    st.text(alphabet="aA |-./#nN\u00a0\u200b\u0301\u00e9\n", max_size=6),
    st.sampled_from(["Jane Doe", "N/A", "none", "", "Jos\u00e9", "Jose\u0301", "a  b", " a", "a ", "#N/A", "x_x000D_"]),
)


@settings(max_examples=300)
@given(st.lists(TEXTS, max_size=6) | st.lists(CELLS, max_size=6))
def test_a_column_is_cleaned_as_each_of_its_cells_is(column: list[str | int | float | bool | None]) -> None:
    cell_by_cell = [text_of(cell) for cell in column]

    assert texts_of(column) == cell_by_cell
    assert texts_of(column, common=True) == cell_by_cell
