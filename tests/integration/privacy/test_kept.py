"""What is kept is what the page says: every item expires or has its reason not to, every file has its prefix."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.integration.privacy.life import MARKS, as_text, everything, forget, lived_through

if TYPE_CHECKING:
    from tests.standin.office import Office

PAGE: Final = (Path(__file__).parents[3] / "docs" / "privacy.md").read_text(encoding="utf-8")
EXPIRES: Final = "expires"
KINDS: Final = {
    # A case is the record of what was promised: it stays until its customer is forgotten.
    ("CasesTable", "CASE CASE"): ("`CasesTable`: cases, events", "kept"),
    ("CasesTable", "CASE EVENT"): ("`CasesTable`: cases, events", "kept"),
    ("CasesTable", "CASE CARD"): ("`CasesTable`: outbox", "kept"),
    ("CasesTable", "CASE DELIVERY"): ("`CasesTable`: outbox", EXPIRES),
    ("CasesTable", "WORD CASE"): ("`CasesTable`: words", "kept"),
    ("CasesTable", "RUN RUN"): ("`CasesTable`: runs", EXPIRES),
    ("CasesTable", "AUDIT"): ("`CasesTable`: audit", EXPIRES),
    ("CasesTable", "PERSON NAME"): ("`CasesTable`: people", EXPIRES),
    ("CasesTable", "PEOPLE"): ("`CasesTable`: people", EXPIRES),
    ("CasesTable", "OVERVIEW DAY"): ("`CasesTable`: overview", EXPIRES),
    ("CasesTable", "OVERVIEW CURRENT"): ("`CasesTable`: overview", "counted anew each minute"),
    ("CasesTable", "OVERVIEW FRONT"): ("`CasesTable`: overview", "counted anew each minute"),
    ("CasesTable", "OVERVIEW OVERDUE"): ("`CasesTable`: overview", "counted anew each minute"),
    # The rows of a sheet get their day once nobody can go back to it.
    ("TransfersTable", "SHEET PROJECT"): ("`TransfersTable`: projects, exact look-up", "kept"),
    ("TransfersTable", "SHEET BUCKET"): ("`TransfersTable`: projects, exact look-up", "kept"),
    ("TransfersTable", "SHEET SHEET"): ("`TransfersTable`: sheets, imports, columns", "kept"),
    ("TransfersTable", "SHEETS"): ("`TransfersTable`: sheets, imports, columns", "kept"),
    ("TransfersTable", "FILE FILE"): ("`TransfersTable`: sheets, imports, columns", "kept"),
    ("TransfersTable", "ACTIVE ACTIVE"): ("`TransfersTable`: sheets, imports, columns", "kept"),
    ("TransfersTable", "IMPORT IMPORT"): ("`TransfersTable`: sheets, imports, columns", "kept"),
    ("TransfersTable", "FORGOTTEN"): ("`TransfersTable`: forgotten", "kept"),
    ("TransfersTable", "FORGETTING TURN"): ("`TransfersTable`: sheets, imports, columns", "kept"),
    ("SettingsTable", "SETTINGS CURRENT"): ("`SettingsTable`", "kept"),
    ("SettingsTable", "SETTINGS AUDIT"): ("`SettingsTable`", "kept"),
    ("SettingsTable", "PROCEDURE COMPILED"): ("`SettingsTable`", "kept"),
}
WITH_CUSTOMERS: Final = {
    *(("CasesTable", kind) for kind in ("CASE CASE", "CASE EVENT", "WORD CASE", "RUN RUN")),
    *(("TransfersTable", kind) for kind in ("SHEET PROJECT", "SHEET BUCKET")),
}
PREFIXES: Final = {"workbooks", "snapshots", "cases"}


def test_every_item_is_of_a_kind_that_the_page_tells_of_and_expires_where_it_says_so(office: Office) -> None:
    lived_through(office)
    office.minute()
    found = dict.fromkeys(kind for kind, _ in items(office))
    assert set(found) <= set(KINDS), "say in docs/privacy.md what this is, and how long it is kept"
    assert {kind for kind, item in items(office) if "expires_at" not in item and KINDS[kind][1] == EXPIRES} == set()
    marked = {kind for kind, item in items(office) if has_mark(as_text(item))}
    assert marked == WITH_CUSTOMERS, "the page says which of them hold customers"
    assert {key.partition("/")[0] for key in office.objects()} == PREFIXES

    forget(office, "INF-100001")
    assert set(dict.fromkeys(kind for kind, _ in items(office))) <= set(KINDS)
    assert not any(has_mark(text) for text in everything(office).values())


def test_the_page_names_every_kind_and_no_other() -> None:
    rows = {cell for cell in first_cells() if cell.startswith(("`CasesTable`", "`TransfersTable`", "`SettingsTable`"))}
    assert rows == {name for name, _ in KINDS.values()}


def first_cells() -> list[str]:
    table = PAGE.partition("## What is kept")[2].partition("## ")[0]
    return [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("|")][2:]


def items(office: Office) -> list[tuple[tuple[str, str], Any]]:
    return [((name, kind_of(item)), item) for name, found in office.tables().items() for item in found]


def kind_of(item: Any) -> str:
    pk, sk = (re.split(r"#", item[name]["S"])[0] for name in ("pk", "sk"))
    return pk if pk in {"AUDIT", "PEOPLE", "SHEETS", "FORGOTTEN"} else f"{pk} {sk}"


def has_mark(text: str) -> bool:
    return any(mark in text.casefold() for mark in MARKS)
