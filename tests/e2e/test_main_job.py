"""The main job, as people do it: an admin renews the sheet, an agent takes a call, specialists take the case."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.builders.people import ADMIN, AGENT, GUEST, PRIYA, TOM, TRAINED

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator

    from tests.e2e.conftest import Crowd, Picture, Someone

pytestmark = pytest.mark.e2e

SUPPORT, RESOLUTION, GENERAL = "C0SUPPORT", "C0RESOLUT", "C0GENERAL"
FIRST_SCRIPT = (
    "Thanks so much for that information. Let me transfer you over to our Infinity specialist team "
    "for the most up-to-date information."
)
SECOND_SCRIPT = "One of our Infinity Team specialists will return your call with the most up-to-date information."
TYPED = "Panels dark since Monday. <!channel> @here <@U0SPEC001> & :smile: مرحبا 🙂"


def test_an_admin_uploads_a_workbook_sees_what_changes_and_activates_it(crowd: Crowd, picture: Picture) -> None:
    admin = crowd.join(ADMIN, GENERAL)
    upload(admin, crowd.demo.workbook)
    preview = admin.messages.get_by_text("Transfer sheet ready to activate")
    expect(preview).to_be_visible()
    picture.take(admin, "transfer-sheet")
    admin.messages.get_by_role("button", name="Activate").click()
    expect(admin.messages.get_by_text("The transfer sheet was activated, with 2,412 projects")).to_be_visible()
    expect(admin.messages.get_by_role("button", name="Activate")).to_have_count(0)


def test_a_call_becomes_a_case_that_a_specialist_takes_and_closes(crowd: Crowd, picture: Picture) -> None:
    agent = crowd.join(AGENT, SUPPORT)
    case = callback_of_jane_doe(agent, picture)

    # The card is in the channel, the two people are mentioned, nobody was pinged by what was typed.
    priya, tom = crowd.join(PRIYA, RESOLUTION), crowd.join(TOM, RESOLUTION)
    card = card_of(priya, case)
    for shown in (
        "Installer Complaints",
        "Workout Plan",
        "Infinity Callbacks",
        "(602) 555-0522",
        "Customer Support Resolution Specialist",
        TYPED,
    ):
        expect(card.get_by_text(shown, exact=False).first).to_be_visible()
    expect(card.get_by_text("@Jonathan Lezama")).to_be_visible()
    expect(card.get_by_text("@elijah carr")).to_be_visible()
    picture.take(priya, "case-card")

    # Two specialists click at the same moment; one has the case, the other is told who.
    claim_at_once(case, priya, tom)
    expect(card.get_by_text("Claimed by")).to_be_visible()
    winner, loser = (priya, tom) if card.get_by_text("@Priya Nair").is_visible() else (tom, priya)
    expect(loser.messages.get_by_text(f"Nothing was changed: case {case}")).to_be_visible()
    picture.take(loser, "case-claimed")

    # Close with a reason; the card looks handled; re-open.
    card_of(winner, case).get_by_role("button", name="Close…").click()
    winner.modal.get_by_role("combobox", name="Reason").click()
    winner.page.get_by_role("option", name="Contacted and resolved").click()
    winner.modal.get_by_label("Note").fill("Told her the installer's date.")
    winner.modal.get_by_role("button", name="Close case").click()
    expect(card.get_by_text("Contacted and resolved")).to_be_visible()
    picture.take(winner, "case-closed")
    card.get_by_role("button", name="Re-open").click()
    expect(card.get_by_role("button", name="Claim")).to_be_visible()


def claim_at_once(case: str, *people: Someone) -> None:
    """Let everybody click "Claim" at one moment."""
    buttons = [card_of(person, case).get_by_role("button", name="Claim") for person in people]
    for button in buttons:
        expect(button).to_be_visible()
    moment = people[0].page.evaluate("Date.now() + 1500")
    for button in buttons:
        # The clicks are set for one moment ahead, so that no card is drawn anew between them.
        button.evaluate("(button, at) => { setTimeout(() => button.click(), at - Date.now()); }", moment)


def card_of(someone: Someone, case: str) -> Locator:
    """Return the case's card, which has a heading, unlike the private sentences that name the case."""
    heading = someone.page.get_by_role("heading", name="Infinity Callbacks")
    return someone.messages.get_by_role("article").filter(has_text=case, has=heading)


def callback_of_jane_doe(agent: Someone, picture: Picture) -> str:
    """Take the call of an untrained agent to its end; return the number of the case."""
    agent.type_command("/infinity jane do")
    expect(agent.modal.get_by_role("radio").first).to_be_visible()
    picture.take(agent, "infinity-matches")
    agent.modal.get_by_role("radio", name="Jane Doe · 1420 Sycamore St").click()
    agent.modal.get_by_role("button", name="Phone").click()
    agent.modal.get_by_role("radio", name="Homeowner").click()
    agent.modal.get_by_role("button", name="Authenticated", exact=True).click()
    expect(agent.modal.get_by_text(FIRST_SCRIPT)).to_be_visible()
    expect(agent.modal.get_by_text("1-877-425-5201", exact=True)).to_be_visible()
    expect(agent.modal.get_by_text("Select the language option, then option #7")).to_be_visible()
    picture.take(agent, "infinity-script")
    agent.modal.get_by_role("button", name="No answer").click()
    expect(agent.modal.get_by_label("Number to call back")).to_have_value("(602) 555-0522")
    agent.modal.get_by_label("Reason of call").fill("   ")
    agent.modal.get_by_role("button", name="Open case").click()
    expect(agent.modal.get_by_text("Reason of call is needed.")).to_be_visible()
    agent.modal.get_by_label("Reason of call").fill(TYPED)
    agent.modal.get_by_role("button", name="Open case").click()
    expect(agent.modal.get_by_text("The case is open")).to_be_visible()
    expect(agent.modal.get_by_text(SECOND_SCRIPT).first).to_be_in_viewport()
    expect(agent.modal.get_by_text("Workout Plan Status").first).to_be_visible()
    picture.take(agent, "case-open")
    return agent.modal.get_by_text("SOP-").first.inner_text().strip()


def test_the_bare_command_finds_a_project_as_one_types_and_a_trained_agent_sees_what_is_inferred(
    crowd: Crowd, picture: Picture
) -> None:
    agent = crowd.join(TRAINED, SUPPORT, width=390, height=844)
    agent.type_command("/infinity")
    search = agent.modal.get_by_role("combobox").first
    search.click()
    agent.page.keyboard.type("88 harvest")
    agent.page.get_by_role("option", name="Jane Doe").first.click()
    expect(agent.modal.get_by_text("88 Harvest Ln")).to_be_visible()
    agent.modal.get_by_role("button", name="Chat").click()
    agent.modal.get_by_role("radio", name="Homeowner").click()
    agent.modal.get_by_role("button", name="Authenticated", exact=True).click()
    expect(agent.modal.get_by_text("Not in the SOP: check with your lead")).to_be_visible()
    picture.take(agent, "infinity-phone")
    agent.modal.get_by_role("button", name="Finish").click()
    expect(agent.modal.get_by_text("Interaction notes, ready to copy")).to_be_visible()
    agent.modal.get_by_role("button", name="Done").click()
    expect(agent.page.get_by_role("dialog")).to_have_count(0)


def test_a_guest_is_told_privately_which_role_is_needed(crowd: Crowd) -> None:
    guest = crowd.join(GUEST, SUPPORT)
    guest.type_command("/infinity jane do")
    expect(guest.messages.get_by_text("This needs the role")).to_be_visible()
    expect(guest.page.get_by_role("dialog")).to_have_count(0)


def test_a_file_that_is_no_workbook_is_refused_privately_and_the_sheet_stays(crowd: Crowd, tmp_path: Path) -> None:
    bad = tmp_path / "holiday.xlsx"
    bad.write_text("not a workbook")
    admin = crowd.join(ADMIN, GENERAL)
    upload(admin, bad)
    expect(admin.messages.get_by_text("The workbook was not imported").first).to_be_visible()
    expect(admin.messages.get_by_text("Unchanged and still active").first).to_be_visible()


def upload(admin: Someone, workbook: Path) -> None:
    """Upload a workbook with the command and go to where its progress is told."""
    admin.type_command("/transfers upload")
    admin.modal.locator("input[type=file]").set_input_files(workbook)
    admin.modal.get_by_role("button", name="Upload").click()
    expect(admin.modal.get_by_text("The workbook is on its way")).to_be_visible()
    admin.modal.get_by_role("button", name="Done").click()
    admin.page.get_by_role("link", name="SOP Desk").first.click()
    # Until the worker has said something the app's own place is its Home tab.
    admin.page.get_by_role("link", name="Messages", exact=True).click()
