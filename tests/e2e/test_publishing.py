"""A procedure as an admin renews it, in a real browser: refused, mended, proven, compared, activated, and back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from sop_core.procedures import reading
from tests.builders.people import ADMIN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Crowd, Picture, Someone

pytestmark = pytest.mark.e2e

GENERAL, DIRECT = "C0GENERAL", "D0ADMIN01"
SHIPPED = (reading.HERE / "infinity.yaml").read_text(encoding="utf-8")
SECOND = re.sub(r"do: \[([A-Z][^\]{}\"]+)\]", r"do: [\1 now]", SHIPPED.replace('version: "1"', 'version: "2"'))


def test_a_procedure_is_refused_mended_published_and_gone_back_from(
    crowd: Crowd, tmp_path: Path, picture: Picture
) -> None:
    admin = crowd.join(ADMIN, GENERAL)
    publish(admin, written(tmp_path, SECOND.replace("label:", "lable:", 1)))
    expect(admin.messages.get_by_text("The procedure was not published").last).to_be_visible()
    picture.take(admin, "procedure-refused")

    admin.go(GENERAL)
    publish(admin, written(tmp_path, SECOND), picture)
    expect(admin.messages.get_by_text("Procedure ready to activate").last).to_be_visible()
    expect(admin.messages.get_by_text("groups of combinations change").last).to_be_visible()
    picture.take(admin, "procedure-ready")
    admin.messages.get_by_role("button", name="Activate").last.click()
    expect(admin.messages.get_by_text("version 2, is activated").last).to_be_visible()
    picture.take(admin, "procedure-activated")

    admin.go(GENERAL)
    admin.type_command("/sop-admin versions")
    expect(admin.modal.get_by_text("Version 2", exact=True)).to_be_visible()
    picture.take(admin, "procedure-versions")
    admin.modal.get_by_role("button", name="Switch to this…").click()
    admin.page.get_by_role("button", name="Switch", exact=True).click()
    expect(admin.modal.get_by_text("version 2 → as shipped")).to_be_visible()
    picture.take(admin, "procedure-back")


def written(folder: Path, text: str) -> Path:
    file = folder / "infinity.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def publish(admin: Someone, file: Path, picture: Picture | None = None) -> None:
    """Upload a procedure with the command and go to where its outcome is told."""
    admin.type_command("/sop-admin publish")
    admin.modal.locator("input[type=file]").first.set_input_files(file)
    if picture is not None:
        picture.take(admin, "procedure-upload")
    admin.modal.get_by_role("button", name="Upload").click()
    expect(admin.modal.get_by_text("The procedure is on its way")).to_be_visible()
    admin.modal.get_by_role("button", name="Done").click()
    admin.go(DIRECT)
