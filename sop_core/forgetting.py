"""Forgetting a customer: what is left of a case, an event, an audit entry and a project once the person is taken out.

What stays is named field by field; whatever else there is, or will be, goes. The skeleton stays: the number, the
procedure, states, times, and who acted.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import msgspec
from msgspec.structs import replace

from sop_core.audit import CHOSEN_FROM_LISTS, Entry
from sop_core.cases.case import Case, CaseEvent
from sop_core.cases.overview import ERASED
from sop_core.transfers.identity import LONGEST_KEY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sop_core.transfers.project import Project

T = TypeVar("T", bound=msgspec.Struct)

OF_A_CASE: Final = (
    *("id", "version", "state", "procedure", "procedure_version", "run", "step", "type", "subtype", "description"),
    *("tags", "tagged", "assign_to", "owner", "owner_name", "channel", "opened_at", "due_at", "inferred"),
    *("confirmations", "confirmed", "assignee", "claimed_at", "closed_at", "closed_by", "closed_reason", "moved"),
    *("seen", "due_rule", "clock_from", "pauses", "paused_at", "promised_from", "promised_until", "reminded"),
    *("remind_at", "planned_by"),
)
OF_AN_EVENT: Final = (
    *("case", "version", "action", "actor", "actor_name", "at", "from_state", "to_state", "mentions", "assignee"),
    *("due_at", "procedure", "clock_from", "documents"),
)
OF_A_PROJECT: Final = (
    *("key", "row", "project_id", "original_ip", "transferred_to", "transfer_date", "status", "milestone"),
    *("installer", "conflict"),
)
"""What stays of a row of the transfer sheet: who has the project now, so that a caller with its id is still helped."""

OF_AN_ENTRY: Final = frozenset({"decision", "view"})
"""Kinds of audit entries whose detail says what a customer's call was about."""


class Contact(msgspec.Struct, frozen=True):
    """How a customer is reached, as the sheet has it: what tells them from a namesake."""

    phones: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()

    def is_in(self, notes: Mapping[str, str]) -> bool:
        """Tell whether notes that an agent typed name this phone or this e-mail."""
        digits = re.sub(r"\D", "", notes.get("callback_number", ""))[-10:]
        return digits in self.phones or notes.get("email", "").strip().casefold() in self.emails


class HasProject(Protocol):
    """Whatever names a project."""

    @property
    def key(self) -> str:
        """Its key in its sheet."""

    @property
    def project_id(self) -> str | None:
        """Its id."""


def name_of(project: HasProject) -> str:
    """Return what a project is forgotten by: its id, as far as its key has it, or else the key."""
    return (project.project_id or project.key)[:LONGEST_KEY]


def mark(name: str) -> str:
    """Return what is kept of a forgotten project's name, so that a later workbook does not bring the person back."""
    return hashlib.sha256(name.encode()).hexdigest()


def erased_case(case: Case, *, actor: str, actor_name: str, at: str) -> tuple[Case, CaseEvent]:
    """Return the next version of a case without its customer, and the event that says who took them out."""
    erased = replace(
        _kept(case, OF_A_CASE, facts={}, notes={}, project=None),
        version=case.version + 1,
        moved=case.version + 1,
        closed_note=_said(case.closed_note),
        erased_at=at,
    )
    event = CaseEvent(
        case=case.id,
        version=erased.version,
        action="forget",
        actor=actor,
        actor_name=actor_name,
        at=at,
        from_state=case.state,
        to_state=case.state,
        assignee=case.assignee,
        procedure=case.procedure,
    )
    return erased, event


def erased_event(event: CaseEvent) -> CaseEvent:
    """Return an event of such a case: that there was a note or a reason stays, not what it said."""
    reason = event.reason if event.action in CHOSEN_FROM_LISTS else _said(event.reason)
    return replace(_kept(event, OF_AN_EVENT), reason=reason, note=_said(event.note))


def erased_entry(entry: Entry) -> Entry:
    """Return an entry about such a customer's run: that there was an answer stays, not which."""
    return replace(entry, detail=ERASED) if entry.kind in OF_AN_ENTRY and entry.detail else entry


def erased_project(project: Project) -> Project:
    """Return a project without the people who live there."""
    return _kept(project, OF_A_PROJECT)


def without(projects: Iterable[Project], marks: Collection[str]) -> tuple[tuple[Project, ...], frozenset[int]]:
    """Return projects as they may be kept, and the rows of those whose people were forgotten before."""
    if not marks:
        return tuple(projects), frozenset()
    known = tuple(projects)
    theirs = frozenset(each.row for each in known if mark(name_of(each)) in marks)
    return tuple(erased_project(each) if each.row in theirs else each for each in known), theirs


def contact_of(projects: Iterable[Project]) -> Contact:
    """Return how the people of these projects are reached."""
    known = tuple(projects)
    return Contact(
        frozenset(each.phone for each in known if each.phone),
        frozenset(each.email.casefold() for each in known if each.email),
    )


def _said(text: str | None) -> str | None:
    return ERASED if text else None


def _kept(whole: T, names: Iterable[str], **values: Any) -> T:  # noqa: ANN401 - whatever fields the struct has
    return type(whole)(**{name: getattr(whole, name) for name in names}, **values)
