"""The transfer sheet as an admin renews it: columns named by hand, rows sent back, activated, found, rolled back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from tests.e2e.test_main_job import upload

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Crowd, Someone

pytestmark = pytest.mark.e2e

ADMIN, AGENT = "U0ADMIN01", "U0AGENT01"
SUPPORT, GENERAL = "C0SUPPORT", "C0GENERAL"
OTHER_NAMES = {"Project ID": "Nummer", "Homeowner": "Kunde"}


def with_other_headers(workbook: Path, folder: Path) -> Path:
    """Return the workbook as somebody else would have written it: other headers, a new project, a bad phone."""
    book = load_workbook(workbook)
    tab = book["All Projects"]
    for cell in tab[1]:
        cell.value = OTHER_NAMES.get(str(cell.value), cell.value)
    row = [cell.value for cell in tab[2]]
    tab.append(["INF-000001", "Wilhelmina Ostrander", *row[2:7], "12", *row[8:]])
    changed = folder / "Anders.xlsx"
    book.save(changed)
    return changed


def test_columns_are_named_by_hand_then_the_sheet_is_activated_searched_and_rolled_back(
    crowd: Crowd, tmp_path: Path
) -> None:
    admin = crowd.join(ADMIN, GENERAL)
    upload(admin, with_other_headers(crowd.demo.workbook, tmp_path))
    name_the_columns(admin)

    expect(admin.messages.get_by_text("Transfer sheet ready to activate").last).to_be_visible()
    expect(admin.messages.get_by_text("Rows with problems.xlsx").last).to_be_visible()
    admin.messages.get_by_role("button", name="Activate").last.click()
    expect(admin.messages.get_by_text("agents now see").last).to_be_visible()

    agent = crowd.join(AGENT, SUPPORT)
    agent.type_command("/infinity wilhelmena ostrander")
    expect(agent.modal.get_by_role("radio", name="Wilhelmina Ostrander")).to_be_visible()

    admin.go(GENERAL)
    admin.type_command("/transfers rollback")
    admin.modal.get_by_role("radio").first.click()
    admin.modal.get_by_role("button", name="Roll back").click()
    expect(admin.modal.get_by_text("Agents now see this version")).to_be_visible()


def name_the_columns(admin: Someone) -> None:
    """Say which column is which, under the import that did not find them."""
    admin.messages.get_by_role("button", name="Choose the columns…").last.click()
    for field, header in OTHER_NAMES.items():
        admin.modal.get_by_role("combobox", name=field).click()
        admin.page.get_by_role("option", name=header).click()
    admin.modal.get_by_role("button", name="Import").click()
    expect(admin.modal.get_by_text("The workbook is on its way")).to_be_visible()
    admin.modal.get_by_role("button", name="Done").click()
