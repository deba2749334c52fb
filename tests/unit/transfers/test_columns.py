from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sop_core.transfers.columns import NEEDED, SYNONYMS, applying, find_columns, renamed

if TYPE_CHECKING:
    from sop_core.transfers.cells import Cell

NAMES = [SYNONYMS[field][0] for field in NEEDED]


@pytest.mark.parametrize("field", SYNONYMS)
def test_every_synonym_of_a_field_is_found(field: str) -> None:
    for name in SYNONYMS[field]:
        others: list[Cell] = [n for f, n in zip(NEEDED, NAMES, strict=True) if f != field]
        assert find_columns([[*others, name]]).headers.get(field) == name


def test_no_name_stands_for_two_fields() -> None:
    forms = [
        form
        for names in SYNONYMS.values()
        for form in {name.casefold().replace(" ", "").replace("-", "") for name in names}
    ]
    assert sorted(forms) == sorted(set(forms))


@pytest.mark.parametrize(
    "header",
    [
        [" project id ", "HOME OWNER", "Property\nAddress", "Transferred  To:"],
        ["Project #", "Homeowner (as on contract)", "Address", "Receiving Installer"],
        ["Transferred To", "Property Address", "Homeowner", "Project ID"],
    ],
)
def test_headers_are_found_whatever_their_case_spaces_and_order(header: list[Cell]) -> None:
    assert set(find_columns([header]).at) == set(NEEDED)


def test_titles_above_the_header_are_passed_over() -> None:
    rows: list[list[Cell]] = [["Infinity Transfers"], [], ["Status", "as of today"], list(NAMES), ["INF-1"]]
    assert find_columns(rows).first_row == 4


def test_a_header_of_two_rows_is_read_as_one() -> None:
    rows: list[list[Cell]] = [
        ["Project", "Homeowner", "Property", None, "Transferred", "Transfer"],
        ["ID", None, "Address", "City", "To", "Date"],
    ]
    found = find_columns(rows)
    assert found.missing == ()
    assert (found.first_row, found.at["transferred_to"], found.at["transfer_date"]) == (2, 4, 5)


def test_what_is_missing_is_named_by_field() -> None:
    assert find_columns([["Project ID", "Homeowner", "Notes"]]).missing == ("address", "transferred_to")


def test_the_better_name_wins_where_two_columns_claim_a_field() -> None:
    assert find_columns([[*NAMES, "Mobile", "Phone"]]).headers["phone"] == "Phone"


@pytest.mark.parametrize(
    ("before", "changed", "after"),
    [
        ({}, {"homeowner": "Kunde"}, {"homeowner": "Kunde"}),
        ({"homeowner": "Kunde"}, {"homeowner": None, "city": None}, {}),
        ({"homeowner": "Kunde", "city": "Ort"}, {"address": " KUNDE "}, {"city": "Ort", "address": " KUNDE "}),
        ({"homeowner": "Phone"}, {"homeowner": "Kunde", "phone": "Phone"}, {"homeowner": "Kunde"}),
        ({"homeowner": "Phone"}, {"phone": "phone"}, {}),
    ],
)
def test_what_admins_named_after_a_change(
    before: dict[str, str], changed: dict[str, str | None], after: dict[str, str]
) -> None:
    assert renamed(before, changed) == after


def test_what_was_named_applies_where_the_workbook_has_the_header() -> None:
    named = {"homeowner": "Kunde", "project_id": "Nr."}
    assert applying(named, ("kunde", "Ort")) == {"homeowner": "Kunde"}
