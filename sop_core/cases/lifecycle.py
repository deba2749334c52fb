"""How a case moves: one table of transitions, and the only two functions that make a new version of a case."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Literal, get_args

import msgspec

from sop_core.cases.case import Case, CaseEvent, CaseProject, State

if TYPE_CHECKING:
    from collections.abc import Collection

    from sop_core.guidance import CaseDraft

Action = Literal["claim", "assign", "return", "void", "resend", "close", "reopen", "withdraw"]
Who = Literal["case_owner", "resolution_specialist", "lead"]
Refusal = Literal["state", "reason_missing", "reason_unknown", "assignee_missing"]

ACTIONS: tuple[Action, ...] = get_args(Action)
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


TRANSITIONS: tuple[Transition, ...] = (
    Transition("claim", "open", "claimed", ("resolution_specialist", "lead")),
    Transition("assign", "open", "claimed", ("lead",)),
    Transition("assign", "claimed", "claimed", ("lead",)),
    Transition("return", "claimed", "returned", ("resolution_specialist", "lead")),
    Transition("void", "returned", "voided", ("case_owner",)),
    Transition("resend", "returned", "open", ("case_owner",)),
    Transition("close", "claimed", "closed", ("resolution_specialist", "lead")),
    Transition("reopen", "closed", "open", ("case_owner", "resolution_specialist", "lead")),
    Transition("withdraw", "open", "voided", ("case_owner",)),
)


class NotAllowed(Exception):
    """An action that the case does not take: ``why`` says what is against it, ``allowed`` what it would take now."""

    def __init__(self, case: Case, action: str, why: Refusal) -> None:
        self.case, self.action, self.why = case, action, why
        self.allowed = tuple(each.action for each in TRANSITIONS if each.from_state == case.state)
        super().__init__(f"{action} of a case that is {case.state}: {why}")


def case_id(run_id: str, step: str) -> str:
    """Return the id of the case that ``step`` of a run opens: the same for ever, so that a repeat finds the case."""
    digest = hashlib.sha256(f"{run_id}\n{step}".encode()).digest()
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
) -> tuple[Case, CaseEvent]:
    """Return the case that ``draft`` describes, open, and the event that opened it. Times are UTC with ``Z``."""
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
    )
    opened = CaseEvent(
        case=id, version=1, action="open", actor=owner, actor_name=owner_name, at=at, from_state=None, to_state="open"
    )
    return case, opened


def full_description(case: Case) -> str:
    """Return the Case Description for Salesforce: the SOP's words, then the nature of the call as noted (INF-4b).

    The case itself keeps them apart, since the SOP's words may stand where a customer's may not.
    """
    nature = case.notes.get("reason_of_call", "").strip()
    return f"{case.description}: {nature}" if nature else case.description


def apply(
    case: Case,
    action: str,
    *,
    actor: str,
    actor_name: str,
    at: str,
    reason: str | None = None,
    note: str | None = None,
    assignee: str | None = None,
) -> tuple[Case, CaseEvent]:
    """Return the next version of ``case`` after ``action``, and its event. Who may do it, :func:`permitted` says.

    :raises NotAllowed: when the case is not in a state for it, or a reason or an assignee is missing.
    """
    transition = _transition(case, action)
    _require(case, action, reason=reason, assignee=assignee)
    if transition.to_state == "voided":
        reason = VOIDED
    changed = msgspec.structs.replace(
        case,
        version=case.version + 1,
        state=transition.to_state,
        **_assignment(case, transition, actor=actor, at=at, assignee=assignee),
        **_closing(transition, actor=actor, at=at, reason=reason, note=note),
    )
    return changed, CaseEvent(
        case=case.id,
        version=changed.version,
        action=action,
        actor=actor,
        actor_name=actor_name,
        at=at,
        from_state=case.state,
        to_state=changed.state,
        reason=reason,
        note=note,
    )


def permitted(case: Case, action: str, *, actor: str, roles: Collection[str]) -> bool:
    """Tell whether ``actor``, who has ``roles``, may do ``action``, whatever state the case is in."""
    who = {each for row in TRANSITIONS if row.action == action for each in row.who}
    return bool(who & set(roles)) or ("case_owner" in who and actor == case.owner)


def actions(case: Case, *, actor: str, roles: Collection[str]) -> tuple[Action, ...]:
    """Return what ``actor`` may do to ``case`` now, in the order of the table."""
    return tuple(
        row.action
        for row in TRANSITIONS
        if row.from_state == case.state and permitted(case, row.action, actor=actor, roles=roles)
    )


def _transition(case: Case, action: str) -> Transition:
    for row in TRANSITIONS:
        if row.action == action and row.from_state == case.state:
            return row
    raise NotAllowed(case, action, "state")


def _require(case: Case, action: str, *, reason: str | None, assignee: str | None) -> None:
    if action in {"return", "close"} and not (reason and reason.strip()):
        raise NotAllowed(case, action, "reason_missing")
    if action == "close" and reason not in CLOSE_REASONS:
        raise NotAllowed(case, action, "reason_unknown")
    if action == "assign" and not assignee:
        raise NotAllowed(case, action, "assignee_missing")


def _assignment(case: Case, row: Transition, *, actor: str, at: str, assignee: str | None) -> dict[str, str | None]:
    match row.to_state:
        case "claimed":
            return {"assignee": assignee if row.action == "assign" else actor, "claimed_at": at}
        case "open":
            return {"assignee": None, "claimed_at": None}
        case _:
            return {"assignee": case.assignee, "claimed_at": case.claimed_at}


def _closing(row: Transition, *, actor: str, at: str, reason: str | None, note: str | None) -> dict[str, str | None]:
    if row.to_state not in {"closed", "voided"}:
        return {"closed_at": None, "closed_by": None, "closed_reason": None, "closed_note": None}
    return {"closed_at": at, "closed_by": actor, "closed_reason": reason, "closed_note": note}
