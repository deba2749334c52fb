"""A customer asks to be erased: found, shown, confirmed, erased on the deployed app, and told, in a real browser."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from infra.local import sample
from sop_core.transfers.project import TAB
from tests.builders.people import ADMIN, AGENT
from tests.e2e.test_main_job import SUPPORT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Crowd, Picture

pytestmark = pytest.mark.e2e

GENERAL, DIRECT = "C0GENERAL", "D0ADMIN01"
LONG = 180_000
"""Three years of days are walked, each one query of the local AWS."""


def test_a_customer_is_found_shown_confirmed_and_erased(crowd: Crowd, picture: Picture) -> None:
    project = project_of_the_sheet(crowd.demo.workbook.with_name(sample.FILE_NAME), crowd.demo.workbook)
    admin = crowd.join(ADMIN, GENERAL)
    admin.type_command("/sop-admin forget")
    admin.modal.get_by_label("Project id, name, phone, address or case number").fill(project)
    admin.modal.get_by_role("button", name="Find").click()
    expect(admin.modal.get_by_text("Which of these is the customer?")).to_be_visible()
    picture.take(admin, "forget-choose")
    admin.modal.get_by_role("checkbox").first.check()
    admin.modal.get_by_role("button", name="Next").click()
    expect(admin.modal.get_by_text("This cannot be undone.")).to_be_visible()
    picture.take(admin, "forget-confirm")
    admin.modal.get_by_label(f"Type {project} to erase").fill(project)
    admin.modal.get_by_role("button", name="Erase").click()
    expect(admin.modal.get_by_text("It has begun.")).to_be_visible()
    admin.modal.get_by_role("button", name="Done").click()
    admin.go(DIRECT)
    expect(admin.messages.get_by_text("The customer is forgotten").last).to_be_visible(timeout=LONG)
    picture.take(admin, "forget-done")

    agent = crowd.join(AGENT, SUPPORT)
    agent.type_command(f"/infinity {project}")
    expect(agent.modal.get_by_text(project).first).to_be_visible()
    picture.take(agent, "forget-after")


def project_of_the_sheet(active: Path, later: Path) -> str:
    """Return a project that the later workbook lacks: no other story is about it, and that workbook is kept whole."""
    return min(projects(active) - projects(later))


def projects(file: Path) -> set[str]:
    with closing(load_workbook(file, read_only=True)) as book:
        cells = [str(cell) for row in book[TAB].iter_rows(values_only=True) for cell in row]
    return {cell for cell in cells if re.fullmatch(r"INF-\d{6}", cell)}
