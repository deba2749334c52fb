"""With whom a project is, in words: what the sheet's original IP, receiving installer and status say together."""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol

from sop_core.transfers.installers import has_no_name, installer, is_cancelled, is_pending, says_stayed
from sop_core.transfers.words import fold

NOTHING: Final = "No transfer recorded"
PLAIN: Final = "transferred"
"""The status that says no more than the installer beside it."""


class OfTheSheet(Protocol):
    """Whatever holds what the sheet says of a project: a row, or what a case keeps of it."""

    @property
    def original_ip(self) -> str | None:
        """The installer it began with."""

    @property
    def transferred_to(self) -> str | None:
        """The installer that received it, or words in its place."""

    @property
    def status(self) -> str | None:
        """How far it is."""


class Standing(NamedTuple):
    """With whom a project is: ``told`` says it and the status, each fact once; ``brief`` is for a line of many.

    ``holder`` is the installer that has it, where one has.
    """

    told: str
    brief: str
    holder: str | None = None


def standing(project: OfTheSheet) -> Standing:
    """Return with whom a project is, e.g. ``Stayed with its original IP: Sun Co · PTO received``."""
    original, receiving, status = project.original_ip, project.transferred_to, project.status
    match installer(original, receiving, status):
        case "listed" | "unlisted":
            who, brief, holder = f"With {receiving}", receiving, receiving
        case "original" if original:
            who, brief, holder = f"Stayed with its original IP: {original}", f"Stayed with {original}", original
        case "original":
            who = brief = receiving or status or NOTHING
            holder = None
        case "not_transferred":
            return _not_transferred(original, receiving, status)
    return Standing(_joined(who, _more(status, who)), brief or NOTHING, holder)


def _not_transferred(original: str | None, receiving: str | None, status: str | None) -> Standing:
    named = None if has_no_name(receiving) else receiving
    began = f"Original IP: {original}" if original else None
    if is_pending(status):
        head, more = status or NOTHING, None
    else:
        head, more = receiving or NOTHING, _more(status, receiving or "")
    if is_cancelled(head):
        rest = f"It was with {named}" if named else began
        return Standing(". ".join(part for part in (f"{head}: nobody has it now", rest) if part), head)
    return Standing(_joined(head, more, f"To go to {named}" if named else None, began), head)


def _more(status: str | None, told: str) -> str | None:
    """Return the status, where it says more than what was told of who has the project."""
    if not status or fold(status) in {PLAIN, fold(told)} or (says_stayed(status) and says_stayed(told)):
        return None
    return status


def _joined(*parts: str | None) -> str:
    return " · ".join(part for part in parts if part)
