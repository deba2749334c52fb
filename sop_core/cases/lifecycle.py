"""How a case moves: one table of transitions, and the only two functions that make a new version of a case."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any, Literal, get_args

import msgspec

from sop_core.cases.case import OVER, Case, CaseEvent, CaseProject, Document, State
from sop_core.cases.clock import Kind, planned

if TYPE_CHECKING:
    from collections.abc import Collection

    from sop_core.cases.deadlines import Calendar
    from sop_core.guidance import CaseDraft

Action = Literal[
    "claim",
    "assign",
    "return",
    "void",
    "resend",
    "close",
    "reopen",
    "withdraw",
    "ask_update",
    "note",
    "attach",
    "link",
    "remind",
    "replan",
]
Who = Literal["case_owner", "agent", "back_office", "resolution_specialist", "lead", "clock"]
Refusal = Literal[
    "state",
    "reason_missing",
    "reason_unknown",
    "assignee_missing",
    "note_missing",
    "documents_missing",
    "confirmation_missing",
]

ACTIONS: tuple[Action, ...] = get_args(Action)
SEEN_KEPT = 20
ID_CHOICES = 8
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


class Transition(msgspec.Struct, frozen=True, rename={"from_state": "from", "to_state": "to"}):
    """One row of the table: ``who`` may do ``action`` to a case in ``from``, which puts it in ``to``."""

    action: Action
    from_state: State
    to_state: State
    who: tuple[Who, ...]


TEAM: tuple[Who, ...] = ("resolution_specialist", "lead")
STAFF: tuple[Who, ...] = ("case_owner", "agent", "back_office", *TEAM)


def _staying(action: Action, who: tuple[Who, ...], *states: State) -> tuple[Transition, ...]:
    return tuple(Transition(action, state, state, who) for state in states)


TRANSITIONS: tuple[Transition, ...] = (
    Transition("claim", "open", "claimed", TEAM),
    Transition("assign", "open", "claimed", TEAM),
    Transition("assign", "claimed", "claimed", TEAM),
    Transition("return", "claimed", "returned", TEAM),
    Transition("resend", "returned", "open", ("case_owner",)),
    Transition("void", "returned", "voided", ("case_owner",)),
    Transition("close", "claimed", "closed", TEAM),
    Transition("reopen", "closed", "open", ("case_owner", *TEAM)),
    *_staying("ask_update", STAFF, "open", "claimed", "returned"),
    *_staying("note", STAFF, "open", "claimed", "returned", "closed"),
    *_staying("attach", STAFF, "open", "claimed", "returned", "closed"),
    *_staying("link", ("case_owner", *TEAM), "open", "claimed", "returned", "closed"),
    Transition("withdraw", "open", "voided", ("case_owner",)),
    *_staying("remind", ("clock",), "open", "claimed"),
    *_staying("replan", ("clock",), "open", "claimed", "returned"),
)
"""Who may do what to a case, and what becomes of it. ``clock`` is time itself: no person reminds by hand."""


class NotAllowed(Exception):
    """An action that the case does not take: ``why`` says what is against it, ``allowed`` what it would take now."""

    def __init__(self, case: Case, action: str, why: Refusal) -> None:
        self.case, self.action, self.why = case, action, why
        self.allowed = tuple(each.action for each in TRANSITIONS if each.from_state == case.state)
        super().__init__(f"{action} of a case that is {case.state}: {why}")


def case_ids(run_id: str, step: str) -> tuple[str, ...]:
    """Return the ids that the case of a step of a run may have: the first that no other run's case has.

    They are the same for ever and in one order, so a repeat comes to the same case. An id holds 40 bits: among a
    million cases it is about as likely as not that two runs come to one id.
    """
    return tuple(case_id(run_id, step, salt) for salt in range(ID_CHOICES))


def case_id(run_id: str, step: str, salt: int = 0) -> str:
    """Return the id of the case that ``step`` of a run opens, or with ``salt`` the next in case that is another's."""
    parts = (run_id, step, str(salt)) if salt else (run_id, step)
    digest = hashlib.sha256("\n".join(parts).encode()).digest()
    crockford = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    return "SOP-" + base64.b32encode(digest[:5]).translate(crockford).decode()


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
    transition = _transition(case, action)
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
    _transition(case, "remind")
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


def permitted(case: Case, action: str, *, actor: str, roles: Collection[str]) -> bool:
    """Tell whether ``actor``, who has ``roles``, may do ``action``, whatever state the case is in."""
    who = {each for row in TRANSITIONS if row.action == action for each in row.who}
    return bool(who & set(roles)) or ("case_owner" in who and actor == case.owner)


def actions(case: Case, *, actor: str, roles: Collection[str]) -> tuple[Action, ...]:
    """Return what ``actor`` may do to ``case`` now, in the order of the table; of a forgotten customer nothing."""
    return tuple(
        row.action
        for row in TRANSITIONS
        if not case.erased_at and row.from_state == case.state and permitted(case, row.action, actor=actor, roles=roles)
    )


def _transition(case: Case, action: str) -> Transition:
    for row in TRANSITIONS:
        if row.action == action and row.from_state == case.state and not case.erased_at:
            return row
    raise NotAllowed(case, action, "state")


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
