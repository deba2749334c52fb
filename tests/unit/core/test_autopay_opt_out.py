"""Every combination of the AutoPay opt-out's answers against a second reading of the SOP, in plain Python."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

from sop_core import procedures
from sop_core.guidance import Guidance, guidance, render
from sop_core.settings import Settings

YES_NO = ("yes", "no")
ANSWERS = {
    "channel": ("phone", "chat", "email"),
    "requester": ("contract_holder", "homeowner", "authorized_person", "other"),
    "requester_verified": YES_NO,
    "m3_approved": YES_NO,
    "language": ("english", "spanish", "other"),
    "transfer_answered": YES_NO,
}


class Expected(NamedTuple):
    last: str
    transfers: tuple[str, ...] = ()
    case: bool = False
    stays: bool = False


def expected(f: dict[str, str]) -> Expected:
    if f["requester"] == "other" or f["requester_verified"] == "no":
        return Expected("Change nothing: stop here")
    if f["m3_approved"] == "no":
        return Expected("Handle it in Homeowner Support")
    handed_over = Expected(
        "Open the follow-up case: it is looked at each business day until both are confirmed", case=True
    )
    if f["channel"] != "phone":
        return handed_over
    if f["language"] == "other":
        return Expected("Ask your lead how to go on")
    transfers, stays = ("Account Servicing",), f["language"] == "spanish"
    if f["transfer_answered"] == "no":
        return handed_over._replace(transfers=transfers, stays=stays)
    last = "Stay on the line and translate" if stays else "Warm transfer the call to Account Servicing"
    return Expected(last, transfers, stays=stays)


def autopay(**facts: str) -> Guidance:
    return render(guidance(procedures.load("autopay_opt_out"), facts), Settings.default())


def seen(result: Guidance) -> Expected:
    told = [text for step in result.steps for text in step.do]
    return Expected(
        told[-1],
        tuple(step.transfer.to for step in result.steps if step.transfer),
        result.case is not None,
        "Stay on the line and translate" in told,
    )


def test_every_combination_ends_as_the_sop_reads() -> None:
    for values in product(*ANSWERS.values()):
        facts = dict(zip(ANSWERS, values, strict=True))
        result = autopay(**facts)
        assert seen(result) == expected(facts), facts
        assert result.end == "PAY-2"


def test_all_but_the_request_is_inferred_and_says_so() -> None:
    for step in procedures.load("autopay_opt_out").steps():
        assert (step.id, step.gap) == ("PAY-1", None) or step.gap == "PAY-2"


def test_the_follow_up_case_needs_both_confirmations() -> None:
    result = autopay(channel="email", requester="homeowner", requester_verified="yes", m3_approved="yes")
    assert result.case is not None
    assert len(result.case.confirmations) == 2
