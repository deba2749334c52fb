"""Who has a project now: INF-7's question, answered from the sheet."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from sop_core.transfers.words import fold

if TYPE_CHECKING:
    from sop_core.transfers.project import Installer

# INF-7, letter for letter.
LISTED: Final = (
    "Empower Solar, Inc.",
    "Energy Service Partners Inc.",
    "IP - Luxor Energy Inc",
    "IP- Flagship Holdings, LLC",
    "LGCY Installation Services, LLC",
    "North Valley LLC",
)

# How people shorten them. A bare first name that a look-alike shares ("Empower", "Luxor") could be either: not here.
VARIANTS: Final[dict[str, str]] = {
    "LGCY": "LGCY Installation Services, LLC",
    "LGCY Installation": "LGCY Installation Services, LLC",
    "IP - Luxor": "IP - Luxor Energy Inc",
    "IP - Flagship": "IP- Flagship Holdings, LLC",
    "N Valley": "North Valley LLC",
    "ESP Inc": "Energy Service Partners Inc.",
}

_LEGAL: Final = frozenset(
    {"inc", "incorporated", "llc", "l", "c", "co", "corp", "corporation", "company", "ltd", "lp", "llp"}
)
_WORDS: Final = {
    "install": "installation",
    "svc": "service",
    "svcs": "service",
    "srvcs": "service",
    "serv": "service",
    "intl": "international",
}
_LETTERS: Final = re.compile(r"\b\w(?: \w)+\b")
_COMMON: Final = frozenset({"ip", "energy", "solar", "service", "holding", "installation", "partner"})
_STAYED: Final = re.compile(
    r"(?:stay|stays|stayed|staying|remain|remains|remained|kept|same)\b"
    r"|(?:the )?(?:original|orig|same) (?:ip|installer)$"
)
_NOT_YET: Final = re.compile(
    r"pending|cancel|not (?:yet )?transferred|awaiting transfer|to be transferred"
    r"|unassigned|not (?:yet )?assigned|no installer"
)
_CANCELLED: Final = re.compile(r"\bcancel|\btransfer pending\b")
_ON_HOLD: Final = re.compile(r"(?:on )?hold\b")
SIMILAR: Final = 0.7


def resolve(name: str) -> str | None:
    """Return which of INF-7's installers a name means, or ``None``: a look-alike is not resolved."""
    return _BY_FORM.get(_form(name))


@lru_cache(maxsize=1024)
def nearest(name: str) -> str | None:
    """Return INF-7's installer whose name is most like this one, where any is: a shared name of its own counts most."""
    form = _form(name)
    score, found = max((_likeness(form, _form(known)), known) for known in LISTED)
    return found if score >= SIMILAR else None


def _likeness(one: str, other: str) -> float:
    from difflib import SequenceMatcher  # noqa: PLC0415 - for an import; a screen only says who has a project

    shared = (set(one.split()) & set(other.split())) - _COMMON
    return len(shared) + SequenceMatcher(None, one, other).ratio()


@lru_cache(maxsize=8192)
def installer(original_ip: str | None, transferred_to: str | None, status: str | None) -> Installer:
    """Return where the project is, as INF-7 and INF-7a tell it apart.

    A project that is pending or cancelled counts as not transferred, whatever installer stands beside it. One on hold
    *went* to the installer that the sheet names (INF-7 asks only that; INF-7a names cancelled and not yet transferred,
    not on hold): the hold is on the work. Where the sheet names none, it was not transferred.
    """
    receiving, state = fold(transferred_to or ""), fold(status or "")
    if is_pending(status) or _NOT_YET.match(receiving) or _ON_HOLD.match(receiving):
        return "not_transferred"
    if _STAYED.match(receiving) or (not receiving and _STAYED.match(state)):
        return "original"
    if not transferred_to or not receiving:
        return "not_transferred"
    if original_ip and _same(original_ip, transferred_to):
        return "original"
    return "listed" if resolve(transferred_to) else "unlisted"


def is_pending(status: str | None) -> bool:
    """Return whether a status says that the project was not taken over: it is pending, or cancelled."""
    state = fold(status or "")
    return bool(_NOT_YET.match(state) or _CANCELLED.search(state))


def is_cancelled(text: str) -> bool:
    """Return whether a cell says that the job was cancelled."""
    return "cancel" in fold(text)


def says_stayed(text: str) -> bool:
    """Return whether a cell says that the project stayed with its original installer."""
    return bool(_STAYED.match(fold(text)))


def has_no_name(transferred_to: str | None) -> bool:
    """Return whether the receiving installer's cell names none: it is empty, or says that it waits or stayed."""
    receiving = fold(transferred_to or "")
    return not receiving or any(said.match(receiving) for said in (_NOT_YET, _ON_HOLD, _STAYED))


def _same(one: str, other: str) -> bool:
    return _form(one) == _form(other) or (resolve(one) is not None and resolve(one) == resolve(other))


def _form(name: str) -> str:
    spelt = _LETTERS.sub(lambda run: run[0].replace(" ", ""), fold(name))
    words = [_WORDS.get(word, word) for word in spelt.removesuffix(" ip").split()]
    kept = [word.rstrip("s") if len(word) > 3 else word for word in words if word not in _LEGAL]  # noqa: PLR2004
    return " ".join(kept)


def _forms() -> dict[str, str]:
    forms = {_form(variant): name for variant, name in VARIANTS.items()}
    for name in LISTED:
        form = _form(name)
        # The sheet writes some with "IP" in front; so may, or may not, whoever shortens them.
        forms |= {form: name, form.removeprefix("ip "): name, f"ip {form.removeprefix('ip ')}": name}
    return forms


_BY_FORM: Final = _forms()
