"""A whole case, as people live it: assigned, returned and voided or sent again, found, documented, reported."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import TimeoutError as TooLate
from playwright.sync_api import expect

from tests.builders.people import ADMIN, AGENT, LEAD, PRIYA, TOM
from tests.e2e.test_main_job import RESOLUTION, SUPPORT, callback_of_jane_doe, card_of, claim_at_once

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator

    from tests.e2e.conftest import Crowd, Picture, Someone

pytestmark = pytest.mark.e2e

DIRECT = "D0AGENT01"
MOST_LOOKS, LOOK_MS = 20, 5_000
"""All cases are counted once a minute, and the Home tab is drawn when somebody opens it."""


def test_a_whole_case_with_an_agent_two_specialists_and_a_lead(  # noqa: PLR0915 - one story, told to its end
    crowd: Crowd, picture: Picture, tmp_path: Path
) -> None:
    agent, lead = crowd.join(AGENT, SUPPORT), crowd.join(LEAD, RESOLUTION)
    priya, tom = crowd.join(PRIYA, RESOLUTION), crowd.join(TOM, RESOLUTION)
    case = callback_of_jane_doe(agent, picture)
    agent.modal.get_by_role("button", name="Done").click()

    # Both specialists claim at one moment: one has it, the other is told who.
    claim_at_once(case, priya, tom)
    card = card_of(lead, case)
    expect(card.get_by_text("Claimed by")).to_be_visible()
    has_it, other = (priya, tom) if card.get_by_text("@Priya Nair").is_visible() else (tom, priya)
    expect(other.messages.get_by_text("Nothing was changed").last).to_be_visible()

    # Whoever has it gives it to the other, with a reason; who now has to act is mentioned in the thread.
    name = "Tom Becker" if other is tom else "Priya Nair"
    more(has_it, case, "Assign…")
    has_it.modal.get_by_role("combobox", name="Assign to").click()
    has_it.page.get_by_role("option", name=name, exact=True).click()
    has_it.modal.get_by_label("Reason").fill("Knows the installer.")
    picture.take(has_it, "case-assign")
    has_it.modal.get_by_role("button", name="Assign", exact=True).click()
    expect(card.get_by_text(f"@{name}").first).to_be_visible()
    card.locator("a.replies").click()
    story = lead.page.get_by_role("log", name="Thread messages")
    expect(story.get_by_text("this case is yours now")).to_be_visible()

    # The other returns it; its owner is told in a direct message and sends it again from there.
    button(other, case, "Return…").click()
    other.modal.get_by_label("Reason").fill("Which of the two projects?")
    other.modal.get_by_role("button", name="Return", exact=True).click()
    expect(card.get_by_text("Why it was returned")).to_be_visible()
    picture.take(other, "case-returned")
    agent.go(DIRECT)
    told = agent.messages.get_by_role("article").filter(has_text=case)
    expect(told.get_by_text("was returned to you").first).to_be_visible()
    picture.take(agent, "case-returned-dm")
    told.get_by_role("button", name="Send again…").click()
    expect(agent.modal.get_by_text("Which of the two projects?")).to_be_visible()
    picture.take(agent, "case-answer")
    agent.modal.get_by_label("Your answer").fill("The one in Austin.")
    agent.modal.get_by_role("button", name="Send again", exact=True).click()
    expect(told.get_by_text("sent the case again")).to_be_visible()
    expect(button(lead, case, "Claim")).to_be_visible()

    # The customer calls again: the agent asks for an update and adds a note.
    agent.go(RESOLUTION)
    more(agent, case, "Ask for an update…")
    agent.modal.get_by_label("Note").fill("Called for the second time.")
    agent.modal.get_by_role("button", name="Ask", exact=True).click()
    expect(card.get_by_text("Update promised by")).to_be_visible()
    expect(story.get_by_text("the customer asks for news")).to_be_visible()
    more(agent, case, "Add a note…")
    agent.modal.get_by_label("Note").fill("She prefers mornings.")
    agent.modal.get_by_role("button", name="Add note").click()
    expect(story.get_by_text("She prefers mornings.")).to_be_visible()

    # Claimed once more, with a document; the case opens by its number, and takes its number in Salesforce.
    button(other, case, "Claim").click()
    expect(button(other, case, "Close…")).to_be_visible()
    more(other, case, "Attach documents…")
    photo = tmp_path / "roof.txt"
    photo.write_text("a roof")
    other.modal.locator("input[type=file]").set_input_files(photo)
    other.modal.get_by_role("button", name="Attach", exact=True).click()
    expect(card.get_by_text("1 attached")).to_be_visible()
    picture.take(lead, "case-thread")
    other.type_command(f"/cases {case}")
    expect(other.modal.get_by_text("Case Assignment")).to_be_visible()
    expect(other.modal.get_by_text("roof.txt").first).to_be_visible()
    picture.take(other, "case-details")
    other.modal.get_by_label("Salesforce case number").fill("00123456")
    picture.take(other, "case-salesforce")
    other.modal.get_by_role("button", name="Save number").click()
    expect(card.get_by_text("00123456")).to_be_visible()
    other.modal.get_by_role("button", name="Close").last.click()

    # Closed with a reason, and opened again by the lead.
    button(other, case, "Close…").click()
    other.modal.get_by_role("combobox", name="Reason").click()
    other.page.get_by_role("option", name="Contacted and resolved").click()
    other.modal.get_by_role("button", name="Close case").click()
    expect(card.get_by_text("Contacted and resolved")).to_be_visible()
    picture.take(lead, "case-handled")
    button(lead, case, "Re-open").click()
    expect(button(lead, case, "Claim")).to_be_visible()

    # The lead sees it counted, and has the week as a workbook.
    lead.type_command("/cases report week")
    expect(lead.messages.get_by_text("The report is on its way").first).to_be_visible()
    lead.go("D0LEAD001")
    expect(lead.messages.get_by_text(".xlsx").first).to_be_visible()
    counted = lead.page.get_by_role("main").get_by_text("Median time to claim")
    for _ in range(MOST_LOOKS):
        lead.go("home")
        with suppress(TooLate):
            counted.wait_for(timeout=LOOK_MS)
            break
    expect(counted).to_be_visible()
    picture.take(lead, "home-lead")


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
    admin.type_command("/cases report week")
    expect(admin.messages.get_by_text("The report is on its way").first).to_be_visible()
    admin.go("D0ADMIN01")
    expect(admin.messages.get_by_text(".xlsx").first).to_be_visible()
    picture.take(admin, "cases-report")


def test_an_admin_chooses_groups_by_name_and_takes_the_audit_away(crowd: Crowd, picture: Picture) -> None:
    admin = crowd.join(ADMIN, SUPPORT)
    admin.type_command("/sop-admin")
    part(admin, "Who may do what").click()
    groups = admin.modal.get_by_label("Lead: user groups")
    groups.click()
    admin.page.get_by_role("option", name="Leads (@leads)").click()
    groups.press("Tab")
    picture.take(admin, "admin-roles")
    admin.modal.get_by_role("button", name="Save").click()
    expect(admin.modal.locator(".block", has_text="Who may do what").get_by_text("@leads")).to_be_visible()
    part(admin, "How long things last").click()
    admin.modal.get_by_label("The audit is kept for (days)").fill("12")
    admin.modal.get_by_role("button", name="Save").click()
    picture.take(admin, "admin-days")
    admin.modal.get_by_label("The audit is kept for (days)").fill("365")
    admin.modal.get_by_role("button", name="Save").click()
    expect(admin.modal.get_by_text("audit 365 days")).to_be_visible()
    admin.modal.get_by_role("button", name="Close").last.click()
    expect(admin.page.get_by_role("dialog")).to_have_count(0)
    admin.type_command("/sop-admin audit")
    expect(admin.modal.get_by_text("How long things last, audit")).to_be_visible()
    picture.take(admin, "admin-audit")
    admin.modal.get_by_role("button", name="Send as CSV").click()
    expect(admin.modal.get_by_text("The file is on its way")).to_be_visible()
    admin.modal.get_by_role("button", name="Done").click()
    admin.go("D0ADMIN01")
    expect(admin.messages.get_by_text(".csv").first).to_be_visible()
    picture.take(admin, "audit-file")


def more(someone: Someone, case: str, name: str) -> None:
    """Choose from the menu at the end of the card's buttons."""
    card_of(someone, case).get_by_role("button", name="More").click()
    someone.page.get_by_role("menuitem", name=name).click()


def button(someone: Someone, case: str, name: str) -> Locator:
    return card_of(someone, case).get_by_role("button", name=name)


def part(admin: Someone, title: str) -> Locator:
    """The button beside a part of the settings."""
    return admin.modal.locator(".block", has_text=title).get_by_role("button", name="Edit").last
