"""The Case Description for Salesforce: the SOP's words first, then what was gathered, in order."""

from __future__ import annotations

from sop_core.guidance import NOT_SET
from sop_slack.cards import case_message
from sop_slack.case_views import description, salesforce
from tests.builders.cases import a_case


def test_the_salesforce_fields_are_named_as_the_sop_names_them() -> None:
    closed = a_case(state="closed", closed_reason="Contacted and resolved")
    assert dict(salesforce(closed)) == {
        "Case Type": "Installer Complaints",
        "Subtype": "Workout Plan",
        "Case Description": "Infinity Callbacks: Panels dark",
        "Case Feed": "@Jonathan Lezama @elijah carr",
        "Case Assignment": "Customer Support Resolution Specialist",
        "Closed Reason": "Contacted and resolved",
    }


def test_a_primary_reason_that_is_not_set_is_the_one_the_agent_noted() -> None:
    noted = a_case(subtype=NOT_SET, notes={"primary_reason": "Billing <dispute>"})
    assert dict(salesforce(noted))["Subtype"] == "Billing <dispute>"
    assert "Billing &lt;dispute&gt;" in str(case_message(noted).blocks)
    assert dict(salesforce(a_case(subtype=NOT_SET, notes={})))["Subtype"] == "Not set"


def test_a_callback_is_described_by_the_sops_words_and_the_nature_of_the_call() -> None:
    assert description(a_case()) == "Infinity Callbacks: Panels dark"
    assert description(a_case(notes={})) == "Infinity Callbacks"


def test_an_escalation_is_described_by_everything_gathered_in_its_order_and_in_the_sops_own_questions() -> None:
    notes = {
        "caller_name": "Jane Doe",
        "reason_of_call": "Promised free panels",
        "interaction_id": "CX-1",
        "red_flags": "Other voice",
        "Did the Sales Rep create one for them?": "Yes",
    }
    assert description(a_case(description="Escalated customer", notes=notes)).splitlines() == [
        "Escalated customer: Promised free panels",
        "CXone recording or interaction id: CX-1",
        "Red flags seen when reviewing the concern: Other voice",
        "Did the Sales Rep create one for them?: Yes",
    ]
