"""What becomes of a case: it is opened, acted on, reminded of, planned anew. Each gives its next version and an event.

Who may do what is the table of :mod:`sop_core.cases.transitions`; a customer is erased by :mod:`sop_core.forgetting`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from sop_core.cases.case import OVER, Case, CaseEvent
from sop_core.cases.clock import planned
from sop_core.cases.transitions import NotAllowed, transition_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from sop_core.cases.case import CaseProject, Document
    from sop_core.cases.clock import Kind
    from sop_core.cases.deadlines import Calendar
    from sop_core.cases.transitions import Transition
    from sop_core.guidance import CaseDraft

SEEN_KEPT = 20
VOIDED = "Case Voided"
"""The Closed Reason that ESC-4 prescribes for a case its owner voids."""

CLOSE_REASONS: tuple[str, ...] = (
    "Contacted and resolved",
    "Contacted, passed to another team",
    "Could not be reached",
    "Duplicate case",
    "No action needed",
)
"""The reasons a specialist chooses from. Only the owner, by void or withdraw, gives :data:`VOIDED`."""


def open_case(  # noqa: PLR0913 - all that a case is born with, each part named by the caller
    draft: CaseDraft,
    *,
    id: str,  # noqa: A002 - the name the case has
    run: str,
    procedure: str,
    procedure_version: str,
    facts: dict[str, str | tuple[str, ...]],
    notes: dict[str, str],
    project: CaseProject | None,
    owner: str,
    owner_name: str,
    channel: str,
    tagged: dict[str, str],
    at: str,
    due_at: str,
    inferred: tuple[str, ...] = (),
    calendar: Calendar | None = None,
) -> tuple[Case, CaseEvent]:
    """Return the case that ``draft`` describes, open, and the event that opened it. Times are UTC with ``Z``.

    With ``calendar`` its reminders are planned; without, they are once the sweep sees the case.
    """
    case = Case(
        id=id,
        version=1,
        state="open",
        procedure=procedure,
        procedure_version=procedure_version,
        run=run,
        step=draft.step,
        facts=facts,
        type=draft.type,
        subtype=draft.subtype,
        description=draft.description,
        tags=draft.tags,
        tagged=tagged,
        assign_to=draft.assign_to,
        notes=notes,
        project=project,
        owner=owner,
        owner_name=owner_name,
        channel=channel,
        opened_at=at,
        due_at=due_at,
        inferred=inferred,
        confirmations=draft.confirmations,
        due_rule=draft.due,
        clock_from=at,
        promised_from=at,
        remind_at=due_at,
    )
    if calendar is not None:
        case = planned(case, calendar)
    opened = CaseEvent(
        case=id,
        version=1,
        action="open",
        actor=owner,
        actor_name=owner_name,
        at=at,
        from_state=None,
        to_state="open",
        due_at=case.due_at,
        procedure=procedure,
        clock_from=at,
    )
    return case, opened


def apply(  # noqa: PLR0913 - who, when, and whatever the action takes, each part named by the caller
    case: Case,
    action: str,
    *,
    actor: str,
    actor_name: str,
    at: str,
    reason: str | None = None,
    note: str | None = None,
    assignee: str | None = None,
    documents: tuple[Document, ...] = (),
    confirmations: Collection[str] = (),
    salesforce: str | None = None,
    interaction: str | None = None,
    calendar: Calendar | None = None,
) -> tuple[Case, CaseEvent]:
    """Return the next version of ``case`` after ``action``, and its event. Who may do it, :func:`permitted` says.

    A case that names ``confirmations`` is closed only with all of them. With ``calendar`` its dates are planned anew;
    ``interaction`` is remembered, so that a repeat can be known.

    :raises NotAllowed: when the case is not in a state for it, or something that the action takes is missing.
    """
    transition = transition_of(case, action)
    _require(case, action, reason=reason, assignee=assignee, note=note, documents=documents)
    if action == "close" and not set(case.confirmations) <= set(confirmations):
        raise NotAllowed(case, action, "confirmation_missing")
    if transition.to_state == "voided":
        reason = VOIDED
    version = case.version + 1
    is_move = transition.to_state != case.state or action == "assign"
    changed = msgspec.structs.replace(
        case,
        version=version,
        state=transition.to_state,
        moved=version if is_move else case.moved,
        seen=case.seen if interaction is None else (*case.seen, interaction)[-SEEN_KEPT:],
        documents=case.documents + documents,
        salesforce=(salesforce or None) if action == "link" else case.salesforce,
        returned_reason=reason if action == "return" else case.returned_reason,
        **(_assignment(case, transition, actor=actor, at=at, assignee=assignee) if is_move else {}),
        **(_closing(transition, actor=actor, at=at, reason=reason, note=note) if is_move else {}),
        confirmed=_confirmed(case, transition),
        **_clock(case, action, at=at),
    )
    if calendar is not None:
        changed = planned(changed, calendar)
    return changed, CaseEvent(
        case=case.id,
        version=version,
        action=action,
        actor=actor,
        actor_name=actor_name,
        at=at,
        from_state=case.state,
        to_state=changed.state,
        reason=reason,
        note=note,
        mentions=tuple(user for user in _to_act(changed, action) if user != actor),
        assignee=changed.assignee,
        due_at=changed.due_at,
        procedure=changed.procedure,
        clock_from=case.clock_from or case.opened_at,
        documents=tuple(each.id for each in documents),
    )


def remind(
    case: Case, kinds: tuple[Kind, ...], *, leads: tuple[str, ...], at: str, calendar: Calendar
) -> tuple[Case, CaseEvent]:
    """Return ``case`` with these reminders sent, each once, and the event that sends them.

    Soon due: its assignee is told. Due: the assignee and the leads. Promise over without an end (gap ESC-7): the leads.
    """
    transition_of(case, "remind")
    told = (case.assignee,) if case.assignee and {"soon", "due"} & set(kinds) else ()
    called = leads if {"due", "promise"} & set(kinds) else ()
    # A late "due" has overtaken "soon", which is then never sent.
    sent = (*case.reminded, *kinds, *(("soon",) if "due" in kinds else ()))
    changed = msgspec.structs.replace(case, version=case.version + 1, reminded=tuple(dict.fromkeys(sent)))
    changed = planned(changed, calendar)
    event = CaseEvent(
        case=case.id,
        version=changed.version,
        action="remind",
        actor="clock",
        actor_name="SOP Desk",
        at=at,
        from_state=case.state,
        to_state=case.state,
        reason=",".join(kinds),
        mentions=tuple(dict.fromkeys((*told, *called))),
        assignee=case.assignee,
        due_at=changed.due_at,
        procedure=case.procedure,
    )
    return changed, event


def replan(case: Case, *, at: str, calendar: Calendar) -> tuple[Case, CaseEvent | None]:
    """Return ``case`` as a changed calendar has it; with an event if that moves the time it is due."""
    changed = planned(case, calendar)
    if changed.due_at == case.due_at:
        return changed, None
    changed = msgspec.structs.replace(changed, version=case.version + 1)
    event = CaseEvent(
        case=case.id,
        version=changed.version,
        action="replan",
        actor="clock",
        actor_name="SOP Desk",
        at=at,
        from_state=case.state,
        to_state=case.state,
        assignee=case.assignee,
        due_at=changed.due_at,
        procedure=case.procedure,
        clock_from=case.clock_from or case.opened_at,
    )
    return changed, event


def _require(
    case: Case,
    action: str,
    *,
    reason: str | None,
    assignee: str | None,
    note: str | None,
    documents: tuple[Document, ...],
) -> None:
    if action in {"return", "close"} and not (reason and reason.strip()):
        raise NotAllowed(case, action, "reason_missing")
    if action == "close" and reason not in CLOSE_REASONS:
        raise NotAllowed(case, action, "reason_unknown")
    if action == "assign" and not assignee:
        raise NotAllowed(case, action, "assignee_missing")
    if action == "note" and not (note and note.strip()):
        raise NotAllowed(case, action, "note_missing")
    if action == "attach" and not documents:
        raise NotAllowed(case, action, "documents_missing")


def _to_act(case: Case, action: str) -> tuple[str, ...]:
    """Return whom the message about ``action`` pings: those who have something to do now."""
    people = {
        "assign": (case.assignee,),
        "ask_update": (case.owner, case.assignee),
        "attach": (case.owner, case.assignee),
        "return": (case.owner,),
    }
    return tuple(dict.fromkeys(user for user in people.get(action, ()) if user))


def _confirmed(case: Case, row: Transition) -> tuple[str, ...]:
    """Return what counts as confirmed after a move: all of it by closing, nothing once the case is open again."""
    if row.action == "close":
        return case.confirmations
    return () if row.action == "reopen" else case.confirmed


def _clock(case: Case, action: str, *, at: str) -> dict[str, Any]:
    match action:
        case "return":
            return {"paused_at": at}
        case "resend":
            return {"paused_at": None, "pauses": (*case.pauses, (case.paused_at or at, at))}
        case "void":
            return {"paused_at": None}
        case "reopen":
            return {"clock_from": at, "promised_from": at, "pauses": (), "reminded": ()}
        case "ask_update":
            reminded = tuple(kind for kind in case.reminded if kind != "promise")
            return {"promised_from": at, "reminded": reminded}
        case _:
            return {}


def _assignment(case: Case, row: Transition, *, actor: str, at: str, assignee: str | None) -> dict[str, str | None]:
    match row.to_state:
        case "claimed":
            return {"assignee": assignee if row.action == "assign" else actor, "claimed_at": at}
        case "open":
            return {"assignee": None, "claimed_at": None}
        case _:
            return {"assignee": case.assignee, "claimed_at": case.claimed_at}


def _closing(row: Transition, *, actor: str, at: str, reason: str | None, note: str | None) -> dict[str, str | None]:
    if row.to_state not in OVER:
        return {"closed_at": None, "closed_by": None, "closed_reason": None, "closed_note": None}
    return {"closed_at": at, "closed_by": actor, "closed_reason": reason, "closed_note": note}
