from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sop_core.transfers import sheet
from sop_core.transfers.sheet import Reading, SheetError, read
from tests.builders.workbooks import HEADERS, JANE, OMAR

if TYPE_CHECKING:
    from sop_core.transfers.cells import Cell


def reading(*rows: Any) -> Reading:
    return read([list(HEADERS), *(list(row) for row in rows)])


def row(**changed: Cell) -> list[Cell]:
    values: dict[str, Cell] = dict(zip(HEADERS, JANE, strict=True))
    return list((values | {name.replace("_", " "): value for name, value in changed.items()}).values())


def kinds(result: Reading) -> list[tuple[int, str, str]]:
    return [(problem.row, problem.severity, problem.kind) for problem in result.problems]


def test_a_clean_row_is_a_project_with_excels_row_number() -> None:
    result = reading(JANE, OMAR)

    assert [(p.row, p.key, p.installer) for p in result.projects] == [
        (2, "INF-100001", "listed"),
        (3, "INF-100002", "not_transferred"),
    ]
    assert (result.rows, result.merged, result.rejected, result.problems) == (2, 0, 0, ())


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ({"Project ID": None, "Homeowner": None, "Property Address": None}, "not_findable"),
        ({"Original IP": "Shield"}, "excluded_job"),
        ({"Original IP": "IP - Harness Energy"}, "excluded_job"),
        ({"Transferred To": "SHIELD - Phoenix"}, "excluded_job"),
        (dict(zip(HEADERS, HEADERS, strict=True)), "not_a_project"),
        ({"Project ID": "Grand total", "Homeowner": None, "Property Address": None, "City": 2}, "not_a_project"),
    ],
)
def test_only_rows_that_nothing_could_find_or_that_must_not_be_there_are_rejected(
    cells: dict[str, Cell], kind: str
) -> None:
    result = reading(list((dict(zip(HEADERS, JANE, strict=True)) | cells).values()), OMAR)

    assert kinds(result)[0] == (2, "reject", kind)
    assert [p.key for p in result.projects] == ["INF-100002"]


def test_a_section_line_is_no_project() -> None:
    result = reading(["ARIZONA"], JANE)

    assert kinds(result) == [(2, "reject", "not_a_project")]


@pytest.mark.parametrize("name", ["Brooke Shields", "Total Harness", "Will Shield"])
def test_people_may_be_called_like_anything(name: str) -> None:
    assert reading(row(Homeowner=name)).projects[0].homeowner == name


@pytest.mark.parametrize(
    ("cells", "kind", "field"),
    [
        ({"Project ID": None}, "missing_id", "project_id"),
        ({"Homeowner": None}, "missing_name", "homeowner"),
        ({"Property Address": "n/a"}, "missing_address", "address"),
        ({"Phone": "555-01"}, "bad_phone", "phone"),
        ({"ZIP": "unknown9"}, "bad_zip", "zip"),
        ({"State": "Ontario"}, "bad_state", "state"),
        ({"Transfer Date": "2/30/2023"}, "bad_date", "transfer_date"),
        ({"Transferred To": "LGCY Power LLC"}, "unknown_installer", "transferred_to"),
        ({"City": "#N/A"}, "error_value", "city"),
        ({"Project ID": 1e16}, "malformed_id", "project_id"),
    ],
)
def test_everything_else_is_kept_and_warned_about(cells: dict[str, Cell], kind: str, field: str) -> None:
    result = reading(list((dict(zip(HEADERS, JANE, strict=True)) | cells).values()))

    assert len(result.projects) == 1
    assert (2, "warn", kind) in kinds(result)
    assert field in [problem.field for problem in result.problems if problem.kind == kind]


def test_messages_quote_no_cell() -> None:
    result = reading(row(Phone="12", State="Ontario", ZIP="x"), [None] * 11, row(Project_ID="INF-100001", City="Reno"))

    said = " ".join(problem.message for problem in result.problems)
    assert [word for word in ("Jane", "Curry", "Ontario", "Reno") if word in said] == []


def test_exact_repeats_merge_into_the_first() -> None:
    result = reading(JANE, OMAR, JANE)

    assert (result.rows, len(result.projects), result.merged) == (3, 2, 1)
    assert kinds(result) == [(4, "warn", "repeat")]


def test_conflicting_rows_of_one_id_are_all_kept_under_keys_of_their_own() -> None:
    result = reading(JANE, row(City="Trenton"))

    assert [p.key for p in result.projects] == ["INF-100001#2", "INF-100001#3"]
    assert kinds(result) == [(2, "warn", "conflict"), (3, "warn", "conflict")]


def test_a_project_without_id_keeps_its_key_when_rows_move() -> None:
    nameless = row(Project_ID=None)
    first, second = reading(nameless, OMAR), reading(OMAR, nameless)

    assert first.projects[0].key == second.projects[1].key


def test_an_id_written_unlike_all_others_is_doubted() -> None:
    usual = [row(Project_ID=f"INF-2{n:05}", Homeowner=f"Person {n}") for n in range(30)]

    assert kinds(reading(*usual, row(Project_ID="845443"))) == [(32, "warn", "malformed_id")]


def test_blank_rows_count_for_nothing_but_keep_the_numbering() -> None:
    result = reading([None] * 11, ["", "  "], JANE)

    assert (result.rows, result.projects[0].row) == (1, 4)


def test_missing_columns_are_named_with_what_was_found() -> None:
    with pytest.raises(SheetError) as refused:
        read([["Project ID", "Homeowner", "Property Address", "Notes"], list(JANE)])

    assert (refused.value.kind, refused.value.message) == (
        "missing_columns",
        "The tab All Projects has no column Transferred To.",
    )
    assert refused.value.found == ("Project ID", "Homeowner", "Property Address", "Notes")


def test_so_many_rows_are_read_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    people = [row(Project_ID=f"INF-2{n:05}") for n in range(5)]
    monkeypatch.setattr(sheet, "MAX_ROWS", 5)
    assert reading(*people).rows == 5

    with pytest.raises(SheetError, match="more than 5 rows") as refused:
        reading(*people, JANE)
    assert refused.value.kind == "too_many_rows"


@pytest.mark.parametrize(("length", "kept", "problems"), [(500, 500, []), (501, 500, [(2, "warn", "too_long")])])
def test_a_text_may_be_so_long_and_no_longer(length: int, kept: int, problems: list[tuple[int, str, str]]) -> None:
    result = reading(row(Status="x" * length))

    assert len(result.projects[0].status or "") == kept
    assert kinds(result) == problems
