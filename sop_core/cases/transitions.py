"""How a case moves: one table of who may do what to it, and what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection

    from sop_core.cases.case import Case, State

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
    Transition("resend", "returned", "open", ("case_owner", "lead")),
    Transition("void", "returned", "voided", ("case_owner", "lead")),
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
"""Who may do what to a case, and what becomes of it. ``clock`` is time itself: no person reminds by hand.

A lead answers a returned case as its owner does: its clock stands still, and its owner may be away.
"""


class NotAllowed(Exception):
    """An action that the case does not take: ``why`` says what is against it, ``allowed`` what it would take now."""

    def __init__(self, case: Case, action: str, why: Refusal) -> None:
        self.case, self.action, self.why = case, action, why
        self.allowed = tuple(each.action for each in TRANSITIONS if each.from_state == case.state)
        super().__init__(f"{action} of a case that is {case.state}: {why}")


def permitted(case: Case, action: str, *, actor: str, roles: Collection[str]) -> bool:
    """Tell whether ``actor``, who has ``roles``, may do ``action``, whatever state the case is in."""
    who = who_may(action)
    return not set(who).isdisjoint(roles) or ("case_owner" in who and actor == case.owner)


def who_may(action: str) -> tuple[Who, ...]:
    """Return who may do ``action`` in some state of a case, in the order of the table; nobody to an unknown one."""
    return tuple(dict.fromkeys(each for row in TRANSITIONS if row.action == action for each in row.who))


def actions(case: Case, *, actor: str, roles: Collection[str]) -> tuple[Action, ...]:
    """Return what ``actor`` may do to ``case`` now, in the order of the table; of a forgotten customer nothing."""
    return tuple(
        row.action
        for row in TRANSITIONS
        if not case.erased_at and row.from_state == case.state and permitted(case, row.action, actor=actor, roles=roles)
    )


def transition_of(case: Case, action: str) -> Transition:
    """Return the row by which ``case`` takes ``action`` now.

    :raises NotAllowed: if there is none.
    """
    for row in TRANSITIONS:
        if row.action == action and row.from_state == case.state and not case.erased_at:
            return row
    raise NotAllowed(case, action, "state")
