"""The notes that screens collect beside a procedure's facts: how each is asked for, and how it is named on a card."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

import msgspec

from sop_core.guidance import NOT_SET
from sop_slack import blocks as b

if TYPE_CHECKING:
    from sop_core.cases.case import Case
    from sop_slack.blocks import Block

LONG: Final = 2000
ANSWER: Final = 1500
"""Longest texts. All fields of the longest form, filled to the brim, still fit a view's 250 KB and an item's 400 KB."""

LABEL: Final = 2000
PHONE_DIGITS: Final = range(7, 16)


class Note(msgspec.Struct, frozen=True):
    """One note: its label, the field it is typed into, and where it is shown afterwards.

    The card holds the minimum; the Case Description what was gathered, without who and where the customer is.
    """

    label: str
    multiline: bool = False
    max_length: int = 200
    hint: str = ""
    is_phone: bool = False
    on_card: bool = False
    in_description: bool = True


NOTES: Final[dict[str, Note]] = {
    "caller_name": Note("Caller's name", on_card=True, in_description=False),
    "property_address": Note("Property address", on_card=True, in_description=False),
    "reason_of_call": Note(
        "Reason of call",
        multiline=True,
        max_length=LONG,
        hint="In the caller's words, for whoever takes the case.",
        in_description=False,
    ),
    "callback_number": Note("Number to call back", max_length=40, is_phone=True, on_card=True, in_description=False),
    "email": Note("Email", on_card=True, in_description=False),
    "contract_id": Note("Contract id", hint="It is on the initial welcome letter.", on_card=True),
    "ticket": Note("Jira ticket", on_card=True),
    "documents": Note("Documents", multiline=True, hint="Their names, one a line.", on_card=True),
    "interaction_id": Note("CXone recording or interaction id", on_card=True),
    "primary_reason": Note("Primary Reason"),
    "installer_view": Note("The installer's or sales rep's point of view", multiline=True, max_length=LONG),
    "concern_type": Note("What type of escalated concern it is", max_length=LONG),
    "red_flags": Note("Red flags seen when reviewing the concern", multiline=True, max_length=LONG),
    "other_concerns": Note("Other items that raised concern", multiline=True, max_length=LONG),
    "welcome_call_voice": Note("Does the voice in the welcome call match?", max_length=LONG),
    "certificate_of_completion": Note("Review of the Certificate of Completion", max_length=LONG),
}


def note(name: str) -> Note:
    """Return how note ``name`` is asked for; another (a checklist's question, say) is a long text under its name."""
    label = name if " " in name else name.replace("_", " ").capitalize()
    return NOTES.get(name) or Note(label, multiline=True, max_length=LONG)


def note_field(name: str, initial: str, *, optional: bool = False, of: str = "") -> Block:
    """Return the field for a note; one ``of`` a project has an id of its own, so that it is filled in anew."""
    wanted = note(name)
    element = b.text_input(name, initial=initial, multiline=wanted.multiline, max_length=wanted.max_length)
    block_id = f"note:{name}:{_short(of)}" if of else f"note:{name}"
    return b.field(wanted.label, element, block_id=block_id, optional=optional, hint=wanted.hint)


def checklist_field(question: str, initial: str) -> list[Block]:
    """Return the field for a question of a checklist, below the question where a label does not hold it."""
    name = checklist_note(question)
    element = b.text_input(name, initial=initial, max_length=ANSWER)
    above = b.sections(question) if len(question) > LABEL else []
    label = "Answer" if above else question
    return [*above, b.field(label, element, block_id=f"check:{_short(question)}", optional=True)]


def checklist_note(question: str) -> str:
    """Return the name under which a form sends the answer to a question: its own words, where an id holds them."""
    return question if len(question) <= b.ACTION_ID else _short(question)


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def problem(name: str, text: str, *, optional: bool = False) -> str | None:
    """Return one sentence on what is wrong with ``text`` as note ``name``, or ``None``."""
    wanted = note(name)
    if not text.strip():
        return None if optional else f"{wanted.label} is needed."
    if wanted.is_phone and len(re.findall(r"\d", text)) not in PHONE_DIGITS:
        return "Give a phone number of 7 to 15 digits."
    return None


def subtype(case: Case) -> str:
    """Return the subtype of a case: the Primary Reason that the agent noted, where the setting for it is not set."""
    return case.notes.get("primary_reason", "Not set") if case.subtype == NOT_SET else case.subtype


def phone(digits: str | None) -> str:
    """Return ten digits as ``(267) 906-0185``; anything else as it is."""
    if digits and re.fullmatch(r"\d{10}", digits):
        return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}"
    return digits or ""
