"""Every combination of Infinity's answers against a second reading of the SOP, written without looking at the data."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import pytest

from sop_core import procedures
from sop_core.guidance import Guidance, guidance, render
from sop_core.settings import Settings
from sop_core.transfers.installers import LISTED
from tests.builders.procedures import UNTRAINED

ANSWERS = {
    "channel": ("phone", "chat", "email"),
    "caller_type": ("homeowner", "infinity_employee", "previous_sales_rep", "dealer_partner", "other"),
    "authenticated": ("yes", "no"),
    "project": ("found", "not_found", "cannot_tell"),
    "workout_plan_trained": ("yes", "no"),
    "topic": ("job_status", "missed_payments", "transferred_job_payment", "other"),
    "installer": ("listed", "original", "unlisted", "not_transferred"),
    "transfer_answered": ("yes", "no"),
}

TRANSFER = (
    "Thanks so much for that information. Let me transfer you over to our Infinity specialist team for the most "
    "up-to-date information."
)
CALLBACK = "One of our Infinity Team specialists will return your call with the most up-to-date information."
HOMEOWNER_ONLY = (
    "At this time, we can only assist the homeowner on their account. Please have the homeowner contact us at "
    "1-877-425-5201, select language option, then option #7."
)
FORM = "Thank you for that information. EverBright will reach back out to you."
PAYMENT = (
    "EverBright will facilitate direct payment to the newly transferred installer.\N{NO-BREAK SPACE}These appointed "
    "installers will, in turn, handle direct payments to their respective dealers and internal partners. Please follow "
    "up with them directly for further assistance."
)
STATUS = "Workout Plan Status"
SPECIALISTS = "1-877-425-5201"
ESCALATIONS = "Email - Escalations"


class Expected(NamedTuple):
    end: str
    say: tuple[str, ...] = ()
    case: str | None = None
    disposition: str | None = None
    transfers: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()


def expected(f: dict[str, str]) -> Expected:  # noqa: PLR0911 - one return for each end of the SOP
    homeowner, employee = f["caller_type"] == "homeowner", f["caller_type"] == "infinity_employee"
    if homeowner and f["channel"] == "email":
        return Expected("INF-1", transfers=(ESCALATIONS,))
    if f["caller_type"] == "other" or f["authenticated"] == "no":
        return Expected("INF-10", gaps=("INF-10",))
    if homeowner:
        return of_a_homeowner(f)
    by_email = ("INF-9",) if f["channel"] == "email" else ()
    if employee and f["topic"] in {"missed_payments", "other"}:
        if f["project"] == "found":
            return Expected("INF-6", (FORM,), gaps=by_email)
        return Expected("INF-6a", (FORM,), gaps=(*by_email, "INF-6a"))
    if f["project"] == "not_found":
        return Expected("INF-3")
    if f["project"] == "cannot_tell":
        return Expected("INF-11", case="Inquiry", gaps=(*by_email, "INF-11"))
    if employee and f["topic"] == "job_status":
        return Expected("INF-5", (HOMEOWNER_ONLY,), disposition=STATUS, gaps=by_email)
    overlap = ("INF-7b",) if employee else ()
    elsewhere = f["topic"] == "other" or (f["caller_type"] == "dealer_partner" and f["topic"] == "job_status")
    if elsewhere or f["installer"] in {"unlisted", "not_transferred"}:
        return Expected("INF-7a", case="Inquiry", gaps=(*overlap, *by_email, "INF-7a"))
    return Expected("INF-7", (PAYMENT,), gaps=(*overlap, *by_email))


def of_a_homeowner(f: dict[str, str]) -> Expected:
    callback = {"case": "Installer Complaints", "disposition": STATUS}
    if f["project"] == "not_found":
        return Expected("INF-3")
    if f["project"] == "cannot_tell":
        return Expected("INF-11", (CALLBACK,), gaps=("INF-11", "INF-11"), **callback)  # type: ignore[arg-type]
    if f["workout_plan_trained"] == "yes":
        return Expected("INF-4c", disposition=STATUS, gaps=("INF-4c",))
    if f["channel"] == "chat":
        return Expected("INF-8", (CALLBACK,), gaps=("INF-8", "INF-8"), **callback)  # type: ignore[arg-type]
    if f["transfer_answered"] == "yes":
        return Expected("INF-4a", (TRANSFER,), disposition=STATUS, transfers=(SPECIALISTS,))
    return Expected("INF-4b", (TRANSFER, CALLBACK), transfers=(SPECIALISTS,), **callback)  # type: ignore[arg-type]


def seen(result: Guidance) -> Expected:
    return Expected(
        result.end or "",
        tuple(script for step in result.steps for script in step.say),
        result.case.type if result.case else None,
        result.disposition,
        tuple(step.transfer.to for step in result.steps if step.transfer),
        tuple(step.gap for step in result.steps if step.gap),
    )


def infinity(**facts: str) -> Guidance:
    return render(guidance(procedures.load("infinity"), facts), Settings.default())


def test_every_combination_ends_as_the_sop_reads() -> None:
    for values in product(*ANSWERS.values()):
        facts = dict(zip(ANSWERS, values, strict=True))
        assert seen(infinity(**facts)) == expected(facts), facts


def test_no_answer_opens_the_callback_case_of_the_sop_and_promises_the_call() -> None:
    result = infinity(**UNTRAINED, transfer_answered="no")
    assert result.case is not None
    assert [step.id for step in result.steps][-2:] == [result.case.step, "INF-4b.close"]
    assert result.case.step == "INF-4b.case"
    assert result.case.subtype == "Workout Plan"
    assert result.case.description == "Infinity Callbacks"
    assert result.case.tags == ("Jonathan Lezama", "elijah carr")
    assert result.case.assign_to == "Customer Support Resolution Specialist"
    assert result.case.due == "next_business_day"
    assert result.case.notes == ("caller_name", "property_address", "reason_of_call", "callback_number")


def test_an_inquiry_tags_nobody() -> None:
    result = infinity(
        channel="phone", caller_type="previous_sales_rep", authenticated="yes", project="found", topic="other"
    )
    assert result.case is not None
    assert (result.case.type, result.case.subtype, result.case.description) == (
        "Inquiry",
        "Infinity",
        "Infinity Inquiry",
    )
    assert result.case.tags == ()


def test_the_transfer_states_no_wait_and_no_voicemail_since_the_sop_states_none() -> None:
    (step,) = (step for step in infinity(**UNTRAINED).steps if step.transfer)
    assert step.transfer is not None
    assert (step.transfer.wait_seconds, step.transfer.voicemail) == (None, None)
    assert step.do == ("Warm transfer the call to 1-877-425-5201", "Select the language option, then option #7")


@pytest.mark.parametrize(
    ("facts", "fact"),
    [
        ({}, "channel"),
        ({"channel": "phone"}, "caller_type"),
        ({"channel": "phone", "caller_type": "homeowner"}, "authenticated"),
        ({"channel": "phone", "caller_type": "homeowner", "authenticated": "yes"}, "project"),
        (UNTRAINED, "transfer_answered"),
        ({**UNTRAINED, "caller_type": "dealer_partner"}, "topic"),
        ({**UNTRAINED, "caller_type": "dealer_partner", "topic": "missed_payments"}, "installer"),
    ],
)
def test_only_what_is_still_open_is_asked(facts: dict[str, str], fact: str) -> None:
    result = infinity(**facts)
    assert result.ask is not None
    assert (result.status, result.ask.fact) == ("ask", fact)


def test_every_inferred_step_names_its_gap_and_no_other_step_does() -> None:
    for step in procedures.load("infinity").steps():
        assert step.inferred == (step.gap is not None)


def test_the_sheet_knows_the_installers_that_the_sop_lists() -> None:
    assert procedures.load("infinity").lists["appointed_installers"] == LISTED
