"""A case and the events that made it."""

from __future__ import annotations

from typing import Literal

import msgspec

State = Literal["open", "claimed", "returned", "closed", "voided"]


class CaseProject(msgspec.Struct, frozen=True):
    """The project as the transfer sheet had it when the case was opened; ``sheet`` is the sheet version's id."""

    key: str
    sheet: str
    project_id: str | None = None
    homeowner: str | None = None
    address: str | None = None
    transferred_to: str | None = None


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """The stored case. Times are UTC ISO 8601 with ``Z``; ``owner``, ``assignee``, ``closed_by`` … are Slack user ids.

    ``owner_name`` is the owner's display name: a card never mentions the person who acted, so it needs a name to show.
    ``tags`` are names as the SOP has them; ``tagged`` the Slack user ids they stood for when the case was opened: the
    values of settings are recorded, not looked up again. ``version`` counts changes and guards every write.
    """

    id: str
    version: int
    state: State
    procedure: str
    procedure_version: str
    run: str
    step: str
    facts: dict[str, str | tuple[str, ...]]
    type: str
    subtype: str
    description: str
    tags: tuple[str, ...]
    tagged: dict[str, str]
    assign_to: str
    notes: dict[str, str]
    project: CaseProject | None
    owner: str
    owner_name: str
    channel: str
    opened_at: str
    due_at: str
    inferred: tuple[str, ...] = ()
    assignee: str | None = None
    claimed_at: str | None = None
    closed_at: str | None = None
    closed_by: str | None = None
    closed_reason: str | None = None
    closed_note: str | None = None


class CaseEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What happened, once: ``version`` is the case version this event made (1 = opened)."""

    case: str
    version: int
    action: str
    actor: str
    actor_name: str
    at: str
    from_state: State | None
    to_state: State
    reason: str | None = None
    note: str | None = None
