"""A long form in pages: what is typed stays through pages, changed answers, another project and a dropped call."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.builders.people import AGENT

if TYPE_CHECKING:
    from tests.integration.slack.conftest import Desk
    from tests.standin.person import Person

FREE = "Did the sales representative promise the system would be free?"
CONCERNED = "Fraudulent claims, Slander; Claiming fraud"
MAIN = "What is your main concern?"
NEEDED = {
    "caller_name": "Ana Lima",
    "property_address": "5 Oak Court",
    "reason_of_call": "Was promised free panels.",
    "primary_reason": "Fraud",
    "interaction_id": "CX-4711",
}


def to_the_form(desk: Desk, *concerns: str) -> Person:
    desk.sheet()
    agent = desk.person(AGENT)
    agent.command("/escalate")
    agent.click("answer:customer_asked:no")
    agent.pick("qualifiers", "fraud", "slander")
    agent.pick("concerns", *concerns)
    return agent


def fields(agent: Person) -> dict[str, str]:
    """Return what stands in the fields in front, by their labels."""
    return {
        block["label"]["text"]: block["element"].get("initial_value", "")
        for block in agent.view["blocks"]
        if block["type"] == "input"
    }


def test_a_long_form_has_pages_and_all_that_was_typed_becomes_the_case(desk: Desk) -> None:
    agent = to_the_form(desk, "claiming_fraud")
    assert agent.view["submit"]["text"] == "Next"
    agent.submit(**{FREE: "Yes, twice.", MAIN: "The bill."})
    assert agent.view["submit"]["text"] == "Open case"
    assert "We take your concerns seriously" in json.dumps(agent.view)
    assert agent.submit(**NEEDED)["response_action"] == "update"
    [case] = desk.all_cases()
    assert case.notes == NEEDED | {FREE: "Yes, twice.", MAIN: "The bill.", "concern_type": CONCERNED}
    assert f"{FREE}: Yes, twice." in json.dumps(agent.view)


def test_going_back_a_page_keeps_what_was_typed_on_both(desk: Desk) -> None:
    agent = to_the_form(desk, "claiming_fraud")
    agent.submit(**{FREE: "Yes, twice."})
    agent.click("form_back", reason_of_call="Was promised free panels.")
    assert fields(agent)[FREE] == "Yes, twice."
    agent.submit()
    assert fields(agent)["Reason of call"] == "Was promised free panels."


def test_the_next_page_asked_for_twice_is_turned_once(desk: Desk) -> None:
    agent = to_the_form(desk, "claiming_fraud", "contract", "credit_consent", "sales_representative")
    agent.submit()
    assert "page 2 of 3" in json.dumps(agent.view)
    assert agent.repeat() == 200
    again = desk.person(AGENT)
    again.command("/sop")
    again.click("run_resume")
    assert "page 2 of 3" in json.dumps(again.view)


def test_what_was_typed_outlives_a_changed_answer_and_a_dropped_call(desk: Desk) -> None:
    agent = to_the_form(desk, "claiming_fraud")
    agent.click("answer_menu:customer_asked", "yes", **{FREE: "Yes, twice."})
    assert fields(agent) == {}
    again = desk.person(AGENT)
    again.command("/sop")
    again.click("run_resume")
    again.click("answer_menu:customer_asked", "no")
    assert fields(again)[FREE] == "Yes, twice."


def test_another_project_fills_its_fields_in_and_leaves_what_the_agent_typed(desk: Desk) -> None:
    agent = to_the_form(desk, "system_production")
    for name in ("jane do", "otto nag"):
        if name != "jane do":
            agent.click("project_change", reason_of_call="No power.", callback_number="(212) 555-0100")
        agent.choose_suggested("project_search", agent.suggest("project_search", name)[0])
    shown = fields(agent)
    assert shown["Caller's name"] == "Otto Nagel"
    assert shown["Reason of call"] == "No power."
    assert shown["Number to call back"] == "(212) 555-0100"


def test_what_is_missing_is_told_beside_the_field_of_the_chosen_project(desk: Desk) -> None:
    agent = to_the_form(desk, "system_production")
    agent.choose_suggested("project_search", agent.suggest("project_search", "otto nag")[0])
    block = next(
        each["block_id"] for each in agent.view["blocks"] if each.get("block_id", "").startswith("note:caller")
    )
    result = agent.submit(**NEEDED | {"caller_name": " "})
    assert result["errors"] == {block: "Caller's name is needed."}
