"""The transfer sheet as an admin renews it: columns named by hand, rows sent back, activated, found, rolled back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from tests.builders.people import ADMIN, AGENT
from tests.e2e.test_main_job import upload

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Crowd, Picture, Someone

pytestmark = pytest.mark.e2e

SUPPORT, GENERAL, DIRECT = "C0SUPPORT", "C0GENERAL", "D0ADMIN01"
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


def with_one_more(workbook: Path, folder: Path) -> Path:
    """Return the workbook with one project more."""
    book = load_workbook(workbook)
    tab = book["All Projects"]
    tab.append(["INF-000002", "Ignatius Featherstonehaugh", *[cell.value for cell in tab[2]][2:]])
    changed = folder / "One more.xlsx"
    book.save(changed)
    return changed


def test_a_column_named_wrongly_is_put_right_then_the_sheet_is_activated_searched_and_rolled_back(
    crowd: Crowd, tmp_path: Path, picture: Picture
) -> None:
    admin = crowd.join(ADMIN, GENERAL)
    upload(admin, with_other_headers(crowd.demo.workbook, tmp_path))
    expect(admin.messages.get_by_role("button", name="Choose the columns…").last).to_be_visible()
    name_the_columns(admin, {"Project ID": "Nummer", "Homeowner": "Phone"}, picture)

    # The preview says what was named; the wrong choice is seen and undone there.
    expect(admin.messages.get_by_text("Homeowner = Phone").last).to_be_visible()
    admin.messages.get_by_role("button", name="Columns…").last.click()
    choose(admin, "Homeowner", "Kunde")
    picture.take(admin, "transfers-columns")
    choose(admin, "Phone", "Phone")
    admin.modal.get_by_role("button", name="Save").click()
    expect(admin.modal.get_by_text("The workbook is read again")).to_be_visible()
    admin.modal.get_by_role("button", name="Done").click()
    expect(admin.messages.get_by_text("Homeowner = Kunde").last).to_be_visible()
    expect(admin.messages.get_by_text("Homeowner = Phone")).to_have_count(0)
    expect(admin.messages.get_by_text("Rows with problems.xlsx").last).to_be_visible()
    picture.take(admin, "transfers-preview")
    admin.messages.get_by_role("button", name="Activate").last.click()
    expect(admin.messages.get_by_text("The transfer sheet was activated").last).to_be_visible()

    agent = crowd.join(AGENT, SUPPORT)
    agent.type_command("/infinity wilhelmena ostrander")
    expect(agent.modal.get_by_role("radio", name="Wilhelmina Ostrander")).to_be_visible()

    admin.go(GENERAL)
    for word, shown in (("status", "The active transfer sheet holds"), ("history", "Transfer sheets")):
        admin.type_command(f"/transfers {word}")
        expect(admin.messages.get_by_text(shown).last).to_be_visible()
    admin.type_command("/transfers rollback")
    admin.modal.get_by_role("radio").first.click()
    picture.take(admin, "transfers-rollback")
    admin.modal.get_by_role("button", name="Roll back").click()
    expect(admin.modal.get_by_text("Agents now see this version")).to_be_visible()
    admin.modal.get_by_role("button", name="Done").click()
    forget_the_columns(admin)


def test_a_workbook_sent_to_the_app_is_read_and_discarded(crowd: Crowd, tmp_path: Path, picture: Picture) -> None:
    admin = crowd.join(ADMIN, DIRECT)
    attach(admin, with_one_more(crowd.demo.workbook, tmp_path))
    activate = admin.messages.get_by_role("button", name="Activate")
    preview = admin.messages.get_by_role("article").filter(has=admin.page.get_by_role("button", name="Activate")).last
    expect(preview.get_by_text("One more.xlsx")).to_be_visible()
    expect(activate.last).to_be_in_viewport()
    picture.take(admin, "transfers-direct-message")
    admin.messages.get_by_role("button", name="Discard").last.click()
    expect(admin.messages.get_by_text("The transfer sheet was discarded").last).to_be_visible()


def attach(admin: Someone, workbook: Path) -> None:
    """Send a workbook to the app in a direct message."""
    composer = admin.page.locator(".composer")
    composer.get_by_label("Attach files").set_input_files(workbook)
    expect(composer.get_by_role("button", name=f"Remove {workbook.name}")).to_be_visible()
    composer.get_by_role("button", name="Send").click()
    expect(admin.messages.get_by_role("link", name=workbook.name).last).to_be_visible()


def name_the_columns(admin: Someone, named: dict[str, str], picture: Picture) -> None:
    """Say which column is which, under the import that did not find them."""
    admin.messages.get_by_role("button", name="Choose the columns…").last.click()
    for field, header in named.items():
        choose(admin, field, header)
    picture.take(admin, "transfers-choose-columns")
    admin.modal.get_by_role("button", name="Import").click()
    expect(admin.modal.get_by_text("The workbook is on its way")).to_be_visible()
    admin.modal.get_by_role("button", name="Done").click()


def choose(admin: Someone, field: str, header: str) -> None:
    """Choose a column for a field of the modal in front."""
    admin.modal.get_by_role("combobox", name=re.compile(rf"^{field}( \(optional\))?$")).click()
    admin.page.get_by_role("option", name=header, exact=True).click()


def forget_the_columns(admin: Someone) -> None:
    """Forget every column that was named, so that the next workbook is read by its own names."""
    admin.go(GENERAL)
    admin.type_command("/transfers columns")
    menu = admin.modal.get_by_role("combobox", name="Forget what an admin named (optional)")
    for named in ("Project ID = Nummer", "Homeowner = Kunde"):
        menu.click()
        admin.page.get_by_role("option", name=named).click()
    admin.modal.get_by_role("button", name="Save").click()
    expect(admin.modal.get_by_text("Remembered.")).to_be_visible()
