"""Every combination of an escalation's answers against a second reading of the SOP, in plain Python."""

from __future__ import annotations

from itertools import chain, combinations, product
from typing import TYPE_CHECKING, NamedTuple

import pytest

from sop_core import procedures
from sop_core.guidance import Guidance, guidance, render
from sop_core.settings import Settings
from sop_core.settings_reading import merge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Facts = dict[str, str | tuple[str, ...]]

QUALIFIERS = (
    "legal_counsel",
    "fraud",
    "illegal_actions",
    "agreement_violations",
    "falsified_records",
    "mischaracterization",
    "nonregistered_company",
    "slander",
    "bbb_complaint",
    "social_media_complaint",
    "unlicensed_contractor",
    "foreclosure_notice",
    "lien_request",
)
CONCERNS = (
    "claiming_fraud",
    "installer_promises",
    "sales_representative",
    "contract",
    "system_production",
    "credit_consent",
)
YES_NO = ("yes", "no")
ANSWERS = {
    "channel": ("phone", "chat", "email"),
    "customer_asked": YES_NO,
    "existing_case": YES_NO,
    "case_updated": YES_NO,
    "satisfied": YES_NO,
    "agrees_to_wait": YES_NO,
    "tier2": ("available", "unavailable"),
    "tier2_answered": YES_NO,
    "resolution_lead": ("available", "unavailable"),
    "lead_answered": YES_NO,
}

CLOSING = (
    "We take your concerns seriously and we will be investigating your concerns. We also highly recommend you calling "
    "your installer and notifying them of your concerns. As we are partnered with your installer, but they do not work "
    "for Everbright."
)
TIER2 = ("{tier2_skill}", 30, False)
LEAD = ("{resolution_lead_skill}", 30, True)
LEAD_VOICEMAIL = ("{resolution_lead_skill}", None, True)


class Expected(NamedTuple):
    end: str
    gaps: tuple[str, ...]
    transfers: tuple[tuple[str, int | None, bool | None], ...] = ()
    case: bool = False
    say: tuple[str, ...] = ()
    promised: bool = False
    groups: tuple[str, ...] = ()


def expected(f: Facts) -> Expected:  # noqa: PLR0911 - one return for each end of the SOP
    if not f["qualifiers"]:
        return Expected("ESC-1c", ("ESC-1c",))
    if f["customer_asked"] == "no":
        return follow_up(f, ("ESC-1b",))
    known = ("ESC-1a", "ESC-2")
    if f["existing_case"] == "no":
        if f["agrees_to_wait"] == "yes":
            return follow_up(f, (*known, "ESC-2c"))
        return refusing(f, (*known, "ESC-2c"), promised=False)
    if f["case_updated"] == "yes" and f["satisfied"] == "yes":
        return Expected("ESC-2a", known)
    reading = "ESC-2a" if f["case_updated"] == "yes" else "ESC-2b"
    gaps = known if reading == "ESC-2a" else (*known, "ESC-2b")
    if f["agrees_to_wait"] == "yes":
        return Expected(reading, gaps, promised=True)
    return refusing(f, gaps, promised=True)


def follow_up(f: Facts, gaps: tuple[str, ...], *, promised: bool = False) -> Expected:
    concerns = f["concerns"]
    unresponsive = ("ESC-6b",) if "installer_promises" in concerns else ()
    return Expected(
        "ESC-3",
        (*gaps, "ESC-6a", *unresponsive, "ESC-3a"),
        case=True,
        say=(CLOSING,),
        promised=promised,
        groups=tuple(groups(concerns)),
    )


def groups(concerns: Iterable[str]) -> Iterator[str]:
    yield "Verification: no email address on file"
    yield "Verification: another email address than on file"
    if "claiming_fraud" in concerns:
        yield "Claiming Fraud"
    if "installer_promises" in concerns:
        yield "Promises from the Installer"
    if "claiming_fraud" in concerns or "sales_representative" in concerns:
        yield "Sales Representative"
    if "contract" in concerns:
        yield "Contract"
    if "system_production" in concerns:
        yield "System / Production"
    if "credit_consent" in concerns:
        yield "Credit Consent"
    yield "Closing"


def refusing(f: Facts, gaps: tuple[str, ...], *, promised: bool) -> Expected:
    if f["channel"] != "phone":
        return follow_up(f, (*gaps, "ESC-5f"), promised=promised)
    transfers: list[tuple[str, int | None, bool | None]] = []
    if f["tier2"] == "available":
        transfers.append(TIER2)
        if f["tier2_answered"] == "yes":
            return Expected("ESC-5d", (*gaps, "ESC-5d"), tuple(transfers), promised=promised)
        gaps = (*gaps, "ESC-5c")
    transfers.append(LEAD if f["resolution_lead"] == "available" else LEAD_VOICEMAIL)
    if f["resolution_lead"] == "available" and f["lead_answered"] == "yes":
        return Expected("ESC-5d", (*gaps, "ESC-5d"), tuple(transfers), promised=promised)
    is_new = f["existing_case"] == "no"
    return Expected("ESC-5e", (*gaps, "ESC-5e"), tuple(transfers), case=is_new, promised=promised)


def seen(result: Guidance) -> Expected:
    return Expected(
        result.end or "",
        tuple(step.gap for step in result.steps if step.gap),
        tuple(
            (step.transfer.to, step.transfer.wait_seconds, step.transfer.voicemail)
            for step in result.steps
            if step.transfer
        ),
        result.case is not None,
        tuple(script for step in result.steps for script in step.say),
        any(step.promise == "48_business_hours" for step in result.steps),
        tuple(each.group for each in result.checklist),
    )


def sets(answers: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    return chain.from_iterable(combinations(answers, size) for size in range(len(answers) + 1))


def escalation(**facts: str | tuple[str, ...]) -> Guidance:
    return render(guidance(procedures.load("escalation"), facts), Settings.default())


FOLLOW_UP: Facts = {
    "customer_asked": "yes",
    "qualifiers": ("slander",),
    "existing_case": "no",
    "agrees_to_wait": "yes",
}
REFUSES: Facts = FOLLOW_UP | {"agrees_to_wait": "no", "channel": "phone"}


def agree(qualifiers: Iterable[tuple[str, ...]], concerns: Iterable[tuple[str, ...]]) -> None:
    procedure = procedures.load("escalation")
    several = tuple(product(qualifiers, concerns))
    for values in product(*ANSWERS.values()):
        facts: Facts = dict(zip(ANSWERS, values, strict=True))
        for qualified, concerned in several:
            facts |= {"qualifiers": qualified, "concerns": concerned}
            assert seen(guidance(procedure, facts)) == expected(facts), facts


def test_every_combination_ends_as_the_sop_reads() -> None:
    agree([(), ("slander",)], [(), ("claiming_fraud",), CONCERNS])


@pytest.mark.slow
def test_every_combination_of_concerns_too() -> None:
    agree([(), QUALIFIERS], sets(CONCERNS))


@pytest.mark.parametrize("qualifiers", [*sets(QUALIFIERS[:5])])
def test_any_qualifier_is_enough(qualifiers: tuple[str, ...]) -> None:
    facts: Facts = REFUSES | {"qualifiers": qualifiers, "tier2": "available", "tier2_answered": "yes"}
    assert escalation(**facts).end == ("ESC-5d" if qualifiers else "ESC-1c")


def test_the_thirteen_qualifiers_are_the_sops_in_its_words_and_order() -> None:
    procedure = procedures.load("escalation")
    question = procedure.facts["qualifiers"]
    assert tuple(answer.value for answer in question.answers) == QUALIFIERS
    assert tuple(answer.label for answer in question.answers) == procedure.lists["qualifiers"]


def test_the_warning_never_to_offer_stays_from_the_first_screen_to_the_last() -> None:
    for facts in ({}, FOLLOW_UP, REFUSES | {"tier2": "unavailable", "resolution_lead": "unavailable"}):
        (staying,) = (step for step in escalation(**facts).steps if step.stays)
        assert staying.warn == ("Never offer to escalate; only if the customer asks",)


def test_tier_2_has_no_voicemail_and_an_unanswered_transfer_is_taken_back() -> None:
    (step,) = (step for step in escalation(**REFUSES, tier2="available").steps if step.transfer)
    assert step.transfer is not None
    assert (step.transfer.to, step.transfer.wait_seconds, step.transfer.voicemail) == ("Phone-HO Tier 2", 30, False)
    back = escalation(**REFUSES, tier2="available", tier2_answered="no").steps[-2]
    assert back.do == ("Take the call back",)
    assert back.warn == ("Never complete the transfer: Tier 2 has no voicemail and the call is missed",)


def test_the_voicemail_is_explained_before_the_call_goes_to_the_lead() -> None:
    for lead in ("available", "unavailable"):
        step = next(
            each
            for each in escalation(**REFUSES, tier2="unavailable", resolution_lead=lead).steps
            if each.transfer is not None
        )
        assert "leave a voicemail" in step.do[0]
        assert "transfer" in step.do[1]
        assert step.transfer is not None
        assert step.transfer.to == "Resolution Lead"


def test_no_concern_shows_only_what_is_always_asked() -> None:
    assert [each.group for each in escalation(**FOLLOW_UP, concerns=()).checklist] == [
        "Verification: no email address on file",
        "Verification: another email address than on file",
        "Closing",
    ]


@pytest.mark.parametrize(
    ("concern", "addresses"),
    [
        ("claiming_fraud", 1),
        ("installer_promises", 1),
        ("sales_representative", 1),
        ("contract", 1),
        ("system_production", 1),
        ("credit_consent", 0),
    ],
)
def test_documents_go_to_the_supporting_documents_address_in_all_but_credit_consent(
    concern: str, addresses: int
) -> None:
    told = [text for step in escalation(**FOLLOW_UP, concerns=(concern,)).steps for text in step.do]
    with_address = [text for text in told if "Support@myeverbright.com" in text]
    assert len(with_address) == addresses
    assert any("attention to “Lead Resolution”" in text for text in with_address) == (concern == "installer_promises")


def test_the_authors_open_question_never_reaches_an_agent() -> None:
    procedure = procedures.load("escalation")
    words = " ".join(text for step in procedure.steps() for text in (*step.say, *step.do, *step.warn))
    assert "task" not in words
    assert "lead res " not in words


def test_the_primary_reason_is_noted_until_it_is_set() -> None:
    procedure = procedures.load("escalation")
    result = guidance(procedure, FOLLOW_UP | {"concerns": ()})
    unset = render(result, Settings.default())
    chosen = render(result, merge(Settings.default(), {"values": {"primary_reason": "Complaint"}}))
    assert unset.case is not None
    assert chosen.case is not None
    assert ("primary_reason" in unset.case.notes, unset.case.subtype) == (True, "as noted")
    assert ("primary_reason" in chosen.case.notes, chosen.case.subtype) == (False, "Complaint")


def test_the_follow_up_goes_to_a_resolution_specialist_within_48_business_hours() -> None:
    result = escalation(**FOLLOW_UP, concerns=("contract",))
    assert result.case is not None
    assert (result.case.step, result.case.assign_to, result.case.due) == (
        "ESC-3a",
        "Resolution Specialist",
        "48_business_hours",
    )
    assert {"interaction_id", "installer_view", "red_flags", "welcome_call_voice"} <= set(result.case.notes)
    assert "interaction_id" not in result.case.optional
    last = result.steps[-1]
    assert (last.id, "Case Voided" in last.do[0]) == ("ESC-4", True)
