"""A case, its id, and the events that made it."""

from __future__ import annotations

import base64
import hashlib
from typing import Literal

import msgspec

ID_CHOICES = 8
State = Literal["open", "claimed", "returned", "closed", "voided"]
OVER: frozenset[State] = frozenset({"closed", "voided"})
"""The states in which nobody has to do anything more."""


class CaseProject(msgspec.Struct, frozen=True):
    """The project as the transfer sheet had it when the case was opened; ``sheet`` is the sheet version's id."""

    key: str
    sheet: str
    project_id: str | None = None
    homeowner: str | None = None
    address: str | None = None
    original_ip: str | None = None
    transferred_to: str | None = None
    status: str | None = None


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A file that somebody attached; ``id`` is Slack's. ``key`` is where the app keeps it, never its name."""

    id: str
    name: str
    size: int
    key: str
    by: str
    at: str


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """The stored case. Times are UTC ISO 8601 with ``Z``; ``owner``, ``assignee``, ``closed_by`` … are Slack user ids.

    ``owner_name`` is the owner's display name: a card never mentions the person who acted, so it needs a name to show.
    ``tags`` are names as the SOP has them; ``tagged`` the Slack user ids they stood for when the case was opened: the
    values of settings are recorded, not looked up again. ``version`` counts changes and guards every write; ``moved``
    is the version at which state or assignee last changed: a click is late when the case has moved since, and not when
    somebody has only added a note. ``seen`` are the latest submissions that were applied, so that a repeat is known.

    It can be closed only when each of ``confirmations`` is given; ``confirmed`` are those that were.

    The clock of ``due_at`` started at ``clock_from`` by ``due_rule`` and stood still in each of ``pauses``.
    ``promised_from`` is when the customer was last told that they will hear within 48 business hours. ``remind_at`` is
    when the next reminder goes out, by the calendar ``planned_by``; ``reminded`` are the kinds that went out.

    From ``erased_at`` on nothing is left in it of the customer, and nothing more is done to it.
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
    confirmations: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()
    assignee: str | None = None
    claimed_at: str | None = None
    closed_at: str | None = None
    closed_by: str | None = None
    closed_reason: str | None = None
    closed_note: str | None = None
    returned_reason: str | None = None
    salesforce: str | None = None
    documents: tuple[Document, ...] = ()
    moved: int = 1
    seen: tuple[str, ...] = ()
    due_rule: str = "next_business_day"
    clock_from: str = ""
    pauses: tuple[tuple[str, str], ...] = ()
    paused_at: str | None = None
    promised_from: str = ""
    promised_until: str | None = None
    reminded: tuple[str, ...] = ()
    remind_at: str | None = None
    planned_by: str = ""
    erased_at: str | None = None


class CaseEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What happened, once: ``version`` is the case version this event made (1 = opened).

    ``mentions`` are the users and groups whom the message about it pings: whoever has to act, never the actor.
    ``clock_from`` is when the case's clock started, so that how long a claim or a close took is in the event itself;
    ``documents`` are the ids of the files that it attached.
    """

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
    mentions: tuple[str, ...] = ()
    assignee: str | None = None
    due_at: str | None = None
    procedure: str = ""
    clock_from: str = ""
    documents: tuple[str, ...] = ()


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
