"""The outbox: what Slack has still to be told about a case, stored in the same transaction as the change itself."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal
from zlib import crc32

import msgspec

from sop_aws.correlation import current
from sop_aws.table import attributes, text
from sop_core.times import parse

if TYPE_CHECKING:
    from sop_aws.table import Item
    from sop_core.cases.case import Case

SHARDS: Final = 8
DEAD: Final = "DEAD"
"""Partition of the ``pending`` index that lists dead rows for a replay; the sweep never reads it."""

KEPT: Final = timedelta(days=90)
"""How long a row is there once it is delivered."""
EVENT_TYPE: Final = "sop_desk_delivery"
"""Metadata of a message that was delivered: its payload holds the row's id."""

Kind = Literal["card", "thread", "dm", "documents", "report", "audit", "unreadable"]


class Delivery(msgspec.Struct, frozen=True, kw_only=True, rename={"about": "period"}):
    """One row of the outbox: for the case at ``version``, something to post to ``channel`` (of a ``dm``: the person).

    ``documents`` are to be copied out of Slack, a ``report`` or an ``audit`` (whose ``case`` is its own id) to be made
    and sent to the person in ``channel``; ``about`` says of what (stored as ``period``, as other releases know it):
    of a report ``week`` or ``month``, of an audit :class:`sop_core.audit.Wanted` in JSON.

    ``attempts`` counts the workers that took the row, ``told_to_wait`` those that Slack or its silence sent away: the
    others failed or died. ``next_attempt_at`` is when the next one may, so a worker holds the row by moving it on.
    ``revived_at`` is when a dead row was last made due again. ``unsure`` says that Slack may have posted it without our
    knowing. An ``unreadable`` row is of another release.
    ``request`` is the correlation id of the request that asked for it.
    """

    id: str
    case: str
    version: int
    kind: Kind
    channel: str
    created_at: str
    next_attempt_at: str
    state: Literal["pending", "done", "dead"] = "pending"
    attempts: int = 0
    told_to_wait: int = 0
    revived_at: str | None = None
    unsure: bool = False
    reason: str | None = None
    about: str | None = None
    request: str | None = None

    @property
    def dedup(self) -> str:
        """The deduplication id of its wake-up: FIFO queues swallow repeats for five minutes."""
        return f"{self.id}#{self.attempts}"


def outbox(case: Case, *kinds: Kind, at: str, person: str | None = None) -> tuple[Delivery, ...]:
    """Return the rows that tell Slack about this version of the case; ``person`` receives the ``dm``."""
    return tuple(
        Delivery(
            id=f"{case.id}#{case.version:06d}#{place}",
            case=case.id,
            version=case.version,
            kind=kind,
            channel=person if kind == "dm" and person else case.channel,
            created_at=at,
            next_attempt_at=at,
            request=current(),
        )
        for place, kind in enumerate(kinds)
    )


def file_asked_for(kind: Kind, made_of: str, *, person: str, about: str, at: str) -> Delivery:
    """Return the row of a file that a person asked for; the same request (``made_of``) is the same file."""
    case = f"{kind.upper()}-{hashlib.sha256(made_of.encode()).hexdigest()[:16]}"
    return Delivery(
        id=f"{case}#000001#0",
        case=case,
        version=1,
        kind=kind,
        channel=person,
        created_at=at,
        next_attempt_at=at,
        about=about,
        request=current(),
    )


def delivery_item(row: Delivery) -> Item:
    """Return a row as it is stored; once done it leaves the ``pending`` index, and expires after a while."""
    pending_pk = {"pending": pending_shard(row.case), "dead": DEAD, "done": None}[row.state]
    return attributes(
        pk=f"CASE#{row.case}",
        sk=f"DELIVERY#{row.id.partition('#')[2]}",
        state=row.state,
        attempts=row.attempts,
        pending_pk=pending_pk,
        pending_at=None if pending_pk is None else row.next_attempt_at,
        expires_at=int((parse(row.next_attempt_at) + KEPT).timestamp()) if row.state == "done" else None,
        body=msgspec.json.encode(row).decode(),
    )


def read_delivery(item: Item) -> Delivery:
    """Read a row as it is stored; one that this release cannot read is ``unreadable``, and stands for what it is."""
    state = text(item, "state")
    try:
        row = msgspec.json.decode(text(item, "body"), type=Delivery)
    except msgspec.MsgspecError:
        case = text(item, "pk").removeprefix("CASE#")
        row = Delivery(
            id=f"{case}#{text(item, 'sk').removeprefix('DELIVERY#')}",
            case=case,
            version=0,
            kind="unreadable",
            channel="",
            created_at=text(item, "pending_at"),
            next_attempt_at=text(item, "pending_at"),
        )
    return msgspec.structs.replace(row, state=state)


def set_aside(item: Item) -> Item:
    """Return a row as it is stored once it is dead, without a look into it."""
    return item | attributes(state="dead", pending_pk=DEAD)


def pending_shard(case_id: str) -> str:
    """Return the partition of the ``pending`` index that a case's rows are in."""
    return f"PENDING#{shard(case_id)}"


def shard(case_id: str) -> int:
    """Return which of the :data:`SHARDS` a case is in."""
    return crc32(case_id.encode()) % SHARDS
