"""Every combination of Account Servicing's answers against a second reading of the SOP, in plain Python."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import pytest

from sop_core import procedures
from sop_core.guidance import Guidance, guidance, render
from sop_core.settings import Settings

YES_NO = ("yes", "no")
ANSWERS = {
    "channel": ("phone", "chat", "email", "voicemail"),
    "destination": ("account_servicing", "omnidian", "credit_title"),
    "m3_approved": YES_NO,
    "homeowner_verified": YES_NO,
    "language": ("english", "spanish", "other"),
    "transfer_answered": YES_NO,
}
TARGETS = {"account_servicing": "Account Servicing", "omnidian": "Omnidian", "credit_title": "Credit & Title"}


class Expected(NamedTuple):
    end: str
    transfers: tuple[str, ...] = ()
    case: bool = False
    stays: bool = False
    reporter: bool = False


def expected(f: dict[str, str]) -> Expected:
    to_servicing = f["destination"] == "account_servicing"
    if f["destination"] != "credit_title" and f["m3_approved"] == "no":
        return Expected("SRV-2a")
    if f["destination"] != "omnidian" and f["homeowner_verified"] == "no":
        return Expected("SRV-2b")
    handed_over = Expected("SRV-3" if to_servicing else "SRV-3d", case=True, reporter=to_servicing)
    if f["channel"] in {"chat", "email"}:
        return handed_over
    if to_servicing and f["language"] == "other":
        return Expected("SRV-2c")
    transfers, stays = (TARGETS[f["destination"]],), to_servicing and f["language"] == "spanish"
    if f["transfer_answered"] == "yes":
        return Expected("SRV-2", transfers, stays=stays)
    return handed_over._replace(transfers=transfers, stays=stays)


def servicing(**facts: str) -> Guidance:
    return render(guidance(procedures.load("account_servicing"), facts), Settings.default())


def seen(result: Guidance) -> Expected:
    told = [text for step in result.steps for text in step.do]
    return Expected(
        result.end or "",
        tuple(step.transfer.to for step in result.steps if step.transfer),
        result.case is not None,
        "Stay on the line and translate" in told,
        any("SolarCustomerSupport@accountservicing.com" in text for text in told),
    )


VERIFIED = {"destination": "account_servicing", "m3_approved": "yes", "homeowner_verified": "yes"}


def test_every_combination_ends_as_the_sop_reads() -> None:
    for values in product(*ANSWERS.values()):
        facts = dict(zip(ANSWERS, values, strict=True))
        assert seen(servicing(**facts)) == expected(facts), facts


def test_the_hand_over_leaves_a_case_that_both_confirmations_close() -> None:
    result = servicing(channel="email", **VERIFIED)
    assert result.case is not None
    assert result.case.confirmations == (
        "Contact by the third party is confirmed successful",
        "The process is complete",
    )
    assert result.case.due == "next_business_day"
    told = [text for step in result.steps for text in step.do]
    assert "Send the homeowner the canned response “H/O transferred to Account Servicing”" in told


@pytest.mark.parametrize("channel", ["chat", "email"])
def test_the_conditions_of_a_call_before_a_hand_over_are_inferred(channel: str) -> None:
    gaps = [step.gap for step in servicing(channel=channel, **VERIFIED).steps]
    assert {"SRV-3a", "SRV-3b"} <= set(gaps)
    assert not {"SRV-3a", "SRV-3b"} & {step.gap for step in servicing(channel="phone", **VERIFIED).steps}


@pytest.mark.parametrize(
    ("channel", "ticket"),
    [
        ("phone", "Open a ticket in the Jira project EverBright Homeowner Support"),
        ("voicemail", "Work in the ticket that the voicemail opened in the Jira project EverBright Homeowner Support"),
        ("email", "Work in the ticket that the email opened in the Jira project EverBright Homeowner Support"),
        ("chat", "Open a ticket in the Jira project EverBright Homeowner Support and hand over as for an email"),
    ],
)
def test_a_hand_over_has_one_ticket_new_or_there_already(channel: str, ticket: str) -> None:
    result = servicing(channel=channel, **VERIFIED, language="english", transfer_answered="no")
    assert [text for step in result.steps for text in step.do if "Jira project" in text] == [ticket]


def test_credit_and_title_asks_nothing_of_m3_and_omnidian_nothing_of_the_homeowner() -> None:
    asked = {
        destination: [
            question.fact for question in servicing(channel="phone", **VERIFIED | {"destination": destination}).asked
        ]
        for destination in TARGETS
    }
    assert asked["credit_title"] == ["channel", "destination", "homeowner_verified"]
    assert asked["omnidian"] == ["channel", "destination", "m3_approved"]
    assert asked["account_servicing"] == ["channel", "destination", "m3_approved", "homeowner_verified"]


def test_a_voicemail_is_called_back() -> None:
    steps = {step.id: step for step in servicing(channel="voicemail").steps}
    assert steps["SRV-4a"].do[0] == "Call them back, complete the details and go on as with a call"
    assert not steps["SRV-4"].inferred
    assert steps["SRV-4a"].inferred
