"""The notes that screens collect beside a procedure's facts: how each is asked for, and how it is named on a card."""

from __future__ import annotations

import re
from typing import Final

import msgspec


class Note(msgspec.Struct, frozen=True):
    """One note: its label, the field it is typed into and what is wrong with a text, if anything (:func:`problem`)."""

    label: str
    multiline: bool = False
    max_length: int = 200
    hint: str = ""
    is_phone: bool = False


NOTES: Final[dict[str, Note]] = {
    "caller_name": Note("Caller's name"),
    "property_address": Note("Property address"),
    "reason_of_call": Note(
        "Reason of call", multiline=True, max_length=3000, hint="In the caller's words, for the one who calls back."
    ),
    "callback_number": Note("Number to call back", max_length=40, is_phone=True),
}

PHONE_DIGITS: Final = range(7, 16)


def note(name: str) -> Note:
    """Return how note ``name`` is asked for; one the table does not know is a multi-line text under its own name."""
    return NOTES.get(name) or Note(name.replace("_", " ").capitalize(), multiline=True, max_length=3000)


def problem(name: str, text: str) -> str | None:
    """Return one sentence on what is wrong with ``text`` as note ``name``, or ``None``."""
    wanted = note(name)
    if not text.strip():
        return f"{wanted.label} is needed."
    if wanted.is_phone and len(re.findall(r"\d", text)) not in PHONE_DIGITS:
        return "Give a phone number of 7 to 15 digits."
    return None


def phone(digits: str | None) -> str:
    """Return ten digits as ``(267) 906-0185``; anything else as it is."""
    if digits and re.fullmatch(r"\d{10}", digits):
        return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}"
    return digits or ""
