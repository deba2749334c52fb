"""The other procedures in real browsers: several answers at once, a checklist, two confirmations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.builders.people import AGENT, PRIYA, TRAINED
from tests.e2e.test_main_job import RESOLUTION, SUPPORT, callback_of_jane_doe

if TYPE_CHECKING:
    from tests.e2e.conftest import Crowd, Picture, Someone

pytestmark = pytest.mark.e2e

CLOSING_SCRIPT = "We take your concerns seriously and we will be investigating your concerns."


def test_an_escalation_asks_the_questions_of_its_concerns_and_keeps_the_answers_on_the_case(
    crowd: Crowd, picture: Picture
) -> None:
    agent = crowd.join(AGENT, SUPPORT)
    agent.type_command("/escalate")
    expect(agent.modal.get_by_text("Never offer to escalate")).to_be_visible()
    agent.modal.get_by_role("button", name="Yes, they asked").click()
    choose(agent, "Fraudulent claims", "Foreclosure notice")
    agent.modal.get_by_role("button", name="No case").click()
    agent.modal.get_by_role("button", name="Agrees to wait").click()
    choose(agent, "Claiming fraud")
    expect(agent.modal.get_by_text("page 1 of 2")).to_be_visible()
    question = "Did the sales representative promise the system would be free?"
    fill(agent, (question, "Yes, twice."))
    picture.take(agent, "escalation-questions")
    agent.modal.get_by_role("button", name="Next").click()
    expect(agent.modal.get_by_text(CLOSING_SCRIPT)).to_be_visible()
    expect(agent.modal.get_by_text("Never offer to escalate")).to_be_visible()
    fill(agent, ("Reason of call", "Says she was promised free panels."))
    agent.modal.get_by_role("button", name="Back").click()
    expect(agent.modal.get_by_label(question)).to_have_value("Yes, twice.")
    agent.modal.get_by_role("button", name="Next").click()
    expect(agent.modal.get_by_label("Reason of call")).to_have_value("Says she was promised free panels.")
    fill(
        agent,
        ("Caller's name", "Jane Doe"),
        ("Property address", "88 Harvest Ln"),
        ("CXone recording or interaction id", "CX-4711"),
    )
    fill(agent, ("Primary Reason", "Fraud"))
    picture.take(agent, "escalation")
    agent.modal.get_by_role("button", name="Open case").click()
    expect(agent.modal.get_by_text("The case is open")).to_be_visible()
    expect(agent.modal.get_by_text("CXone recording or interaction id: CX-4711")).to_be_visible()
    expect(agent.modal.get_by_text(f"{question}: Yes, twice.")).to_be_visible()


def test_a_hand_over_to_account_servicing_closes_only_with_both_confirmations(crowd: Crowd, picture: Picture) -> None:
    agent, priya = crowd.join(TRAINED, SUPPORT), crowd.join(PRIYA, RESOLUTION)
    agent.type_command("/servicing")
    for answer in ("Email", "Account Servicing", "Approved", "Yes, verified"):
        agent.modal.get_by_role("button", name=answer, exact=True).or_(
            agent.modal.get_by_role("radio", name=answer, exact=True)
        ).click()
    fill(
        agent,
        ("Caller's name", "Ana Lima"),
        ("Property address", "5 Oak Court"),
        ("Reason of call", "A double payment."),
        ("Jira ticket", "EHS-1"),
    )
    agent.modal.get_by_role("button", name="Open case").click()
    expect(agent.modal.get_by_text("The case is open")).to_be_visible()
    case = agent.modal.get_by_text("SOP-").first.inner_text().strip()

    card = priya.messages.get_by_role("article").filter(
        has_text=case, has=priya.page.get_by_role("button", name="Details")
    )
    card.get_by_role("button", name="Claim").click()
    card.get_by_role("button", name="Close…").click()
    priya.modal.get_by_role("combobox", name="Reason").click()
    priya.page.get_by_role("option", name="Contacted and resolved").click()
    priya.modal.get_by_role("checkbox").first.check()
    priya.modal.get_by_role("button", name="Close case").click()
    picture.take(priya, "confirmations")
    expect(priya.modal).to_be_visible()
    priya.modal.get_by_role("checkbox").last.check()
    priya.modal.get_by_role("button", name="Close case").click()
    expect(card.get_by_text("Contacted and resolved")).to_be_visible()


def fill(someone: Someone, *texts: tuple[str, str]) -> None:
    """Type into the fields of the modal in front, by their labels."""
    for label, text in texts:
        someone.modal.get_by_label(label).first.fill(text)


def test_another_customer_is_authenticated_anew_and_who_refuses_to_wait_was_promised_nothing(
    crowd: Crowd, picture: Picture
) -> None:
    agent = crowd.join(AGENT, SUPPORT)
    case = callback_of_jane_doe(agent, picture)
    agent.modal.get_by_role("button", name="Done").click()

    agent.type_command("/infinity jane do")
    agent.modal.get_by_role("radio", name="Jane Doe · 88 Harvest Ln").click()
    agent.modal.get_by_role("button", name="Phone").click()
    agent.modal.get_by_role("radio", name="Infinity employee").click()
    agent.modal.get_by_role("button", name="Authenticated", exact=True).click()
    expect(agent.modal.get_by_text("What is it about?")).to_be_visible()
    picture.take(agent, "infinity-topic")
    agent.modal.get_by_role("button", name="Change").first.click()
    expect(agent.modal.get_by_role("button", name="Not authenticated")).to_be_visible()
    agent.modal.get_by_role("radio", name="Jane Doe · 1420 Sycamore St").click()
    agent.modal.get_by_role("button", name="Authenticated", exact=True).click()
    agent.modal.get_by_role("radio", name="Missed payments").click()
    expect(agent.modal.get_by_text("EverBright will reach back out to you.")).to_be_visible()
    picture.take(agent, "infinity-form")
    agent.modal.get_by_role("button", name="Finish").click()
    agent.modal.get_by_role("button", name="Done").click()

    agent.type_command("/escalate jane do")
    agent.modal.get_by_role("radio", name="Jane Doe · 1420 Sycamore St").click()
    agent.modal.get_by_role("button", name="Yes, they asked").click()
    choose(agent, "Foreclosure notice")
    agent.modal.get_by_role("button", name="Not updated").click()
    expect(agent.modal.get_by_text("then Ask for an update, and its owner is told")).to_be_visible()
    picture.take(agent, "escalation-tag-owner")
    agent.modal.get_by_role("button", name="Refuses to wait").click()
    expect(agent.modal.get_by_role("button", name="Phone")).to_be_visible()
    expect(agent.modal.get_by_text("an internal request is submitted")).to_have_count(0)
    picture.take(agent, "escalation-refuses")
    agent.modal.get_by_role("button", name="Phone").click()
    agent.modal.get_by_role("button", name="Available", exact=True).click()
    agent.modal.get_by_role("button", name="Answered", exact=True).click()
    agent.modal.get_by_role("button", name="Finish").click()
    expect(agent.modal.get_by_text(f"Open case: {case}")).to_be_visible()
    expect(agent.modal.get_by_text("Promised")).to_have_count(0)
    picture.take(agent, "escalation-notes")


def choose(agent: Someone, *labels: str) -> None:
    """Choose several answers of the question that is open, and go on."""
    expect(agent.modal.get_by_role("button", name="Continue")).to_be_visible()
    agent.modal.get_by_placeholder("Choose all that apply").click()
    for label in labels:
        agent.page.get_by_role("option", name=label).click()
    agent.page.keyboard.press("Escape")
    agent.modal.get_by_role("button", name="Continue").click()
