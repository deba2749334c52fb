"""A whole case, as people live it: assigned, returned and voided or sent again, found, documented, reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.test_main_job import ADMIN, AGENT, PRIYA, RESOLUTION, SUPPORT, TOM, callback_of_jane_doe, card_of

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator

    from tests.e2e.conftest import Crowd, Picture, Someone

pytestmark = pytest.mark.e2e

LEAD = "U0LEAD001"
DIRECT = "D0AGENT01"


def test_a_case_is_assigned_returned_sent_again_and_closed(crowd: Crowd, picture: Picture, tmp_path: Path) -> None:
    agent, lead = crowd.join(AGENT, SUPPORT), crowd.join(LEAD, RESOLUTION)
    tom = crowd.join(TOM, RESOLUTION)
    case = callback_of_jane_doe(agent, picture)
    agent.modal.get_by_role("button", name="Done").click()

    # The lead gives it to Tom, who is mentioned in the thread; the card shows it.
    button(lead, case, "Assign…").click()
    lead.modal.get_by_role("combobox", name="Assign to").click()
    lead.page.get_by_role("option", name="Tom Becker", exact=True).click()
    lead.modal.get_by_label("Reason").fill("He knows the installer.")
    picture.take(lead, "case-assign")
    lead.modal.get_by_role("button", name="Assign", exact=True).click()
    expect(card_of(tom, case).get_by_text("@Tom Becker").first).to_be_visible()

    # Tom returns it; its owner is told in a direct message and sends it again from there.
    button(tom, case, "Return…").click()
    tom.modal.get_by_label("Reason").fill("Which of the two projects?")
    tom.modal.get_by_role("button", name="Return", exact=True).click()
    expect(card_of(tom, case).get_by_text("Why it was returned")).to_be_visible()
    picture.take(tom, "case-returned")
    agent.go(DIRECT)
    told = agent.messages.get_by_role("article").filter(has_text=case)
    expect(told.get_by_text("was returned to you").first).to_be_visible()
    picture.take(agent, "case-returned-dm")
    told.get_by_role("button", name="Send again").click()
    expect(told.get_by_text("sent the case again")).to_be_visible()
    expect(card_of(tom, case).get_by_role("button", name="Claim")).to_be_visible()

    # Claimed, documented and closed from its details.
    button(tom, case, "Claim").click()
    expect(button(tom, case, "Close…")).to_be_visible()
    card_of(tom, case).get_by_role("button", name="More").click()
    tom.page.get_by_role("menuitem", name="Attach documents…").click()
    photo = tmp_path / "roof.txt"
    photo.write_text("a roof")
    tom.modal.locator("input[type=file]").set_input_files(photo)
    tom.modal.get_by_role("button", name="Attach", exact=True).click()
    expect(card_of(tom, case).get_by_text("1 attached")).to_be_visible()
    tom.type_command(f"/cases {case}")
    expect(tom.modal.get_by_text("Case Assignment")).to_be_visible()
    expect(tom.modal.get_by_text("roof.txt").first).to_be_visible()
    tom.modal.get_by_label("Salesforce case number").fill("00123456")
    picture.take(tom, "case-details")
    tom.modal.get_by_role("button", name="Save number").click()
    expect(card_of(tom, case).get_by_text("00123456")).to_be_visible()


def test_a_returned_case_is_voided_by_its_owner(crowd: Crowd, picture: Picture) -> None:
    agent, priya = crowd.join(AGENT, SUPPORT), crowd.join(PRIYA, RESOLUTION)
    case = callback_of_jane_doe(agent, picture)
    agent.modal.get_by_role("button", name="Done").click()
    button(priya, case, "Claim").click()
    button(priya, case, "Return…").click()
    priya.modal.get_by_label("Reason").fill("Opened twice.")
    priya.modal.get_by_role("button", name="Return", exact=True).click()
    agent.go(DIRECT)
    told = agent.messages.get_by_role("article").filter(has_text=case)
    told.get_by_role("button", name="Void…").click()
    agent.modal.get_by_role("button", name="Void case").click()
    expect(card_of(priya, case).get_by_text("Case Voided")).to_be_visible()
    picture.take(priya, "case-voided")


def test_everybody_has_a_queue(crowd: Crowd, picture: Picture) -> None:
    for user, shown, name in (
        (TOM, "Recently closed", "home-specialist"),
        (AGENT, "My cases", "home-agent"),
        (LEAD, "All cases", "home-lead"),
        (ADMIN, "/sop-admin", "home-admin"),
    ):
        someone = crowd.join(user, "home")
        expect(someone.page.get_by_role("main").get_by_text(shown).first).to_be_visible()
        picture.take(someone, name)
    agent = crowd.join(AGENT, SUPPORT)
    agent.type_command("/cases")
    expect(agent.messages.get_by_text("Cases that you opened").first).to_be_visible()
    picture.take(agent, "cases-mine")


def test_an_admin_edits_settings_and_asks_for_a_report(crowd: Crowd, picture: Picture) -> None:
    admin = crowd.join(ADMIN, SUPPORT)
    admin.type_command("/sop-admin")
    expect(admin.modal.get_by_text("Office days and hours")).to_be_visible()
    picture.take(admin, "admin-menu")
    part(admin, "Office days and hours").click()
    admin.modal.get_by_label("Time zone").fill("Mars/Olympus")
    admin.modal.get_by_role("button", name="Save").click()
    expect(admin.modal.get_by_text("no time zone")).to_be_visible()
    picture.take(admin, "admin-calendar")
    admin.modal.get_by_label("Time zone").fill("America/Chicago")
    admin.modal.get_by_role("button", name="Save").click()
    expect(admin.modal.get_by_text("America/Chicago")).to_be_visible()
    admin.modal.get_by_role("button", name="Close").last.click()
    expect(admin.page.get_by_role("dialog")).to_have_count(0)
    admin.type_command("/sop-admin audit")
    expect(admin.messages.get_by_text("calendar.zone").first).to_be_visible()
    picture.take(admin, "admin-audit")
    admin.type_command("/cases report week")
    expect(admin.messages.get_by_text("The report is on its way").first).to_be_visible()
    admin.go("D0ADMIN01")
    expect(admin.messages.get_by_text(".xlsx").first).to_be_visible()
    picture.take(admin, "cases-report")


def button(someone: Someone, case: str, name: str) -> Locator:
    return card_of(someone, case).get_by_role("button", name=name)


def part(admin: Someone, title: str) -> Locator:
    """The button beside a part of the settings."""
    return admin.modal.locator(".block", has_text=title).get_by_role("button", name="Edit").last
