"""The outbox: what Slack has still to be told about a case, stored in the same transaction as the change itself."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal
from zlib import crc32

import msgspec

from sop_aws.correlation import current
from sop_aws.table import NEW, ConditionFailed, Table, attributes, text
from sop_core.times import iso, parse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from sop_aws.table import Item
    from sop_core.cases.case import Case

SHARDS: Final = 8
DEAD: Final = "DEAD"
"""Partition of the ``pending`` index that lists dead rows for a replay; the sweep never reads it."""

KEPT: Final = timedelta(days=90)
"""How long a row is there once it is delivered."""
EVENT_TYPE: Final = "sop_desk_delivery"
"""Metadata of a message that was delivered: its payload holds the row's id."""

_HELD: Final = "#state = :state AND #attempts = :attempts"

Kind = Literal["card", "thread", "dm", "documents", "report", "audit", "unreadable"]


class Delivery(msgspec.Struct, frozen=True, kw_only=True, rename={"about": "period"}):
    """One row of the outbox: for the case at ``version``, something to post to ``channel`` (of a ``dm``: the person).

    ``documents`` are to be copied out of Slack, a ``report`` or an ``audit`` (whose ``case`` is its own id) to be made
    and sent to the person in ``channel``; ``about`` says of what (stored as ``period``, as other releases know it):
    of a report ``week`` or ``month``, of an audit :class:`sop_core.audit.Wanted` in JSON.

    ``attempts`` counts the workers that took the row, ``told_to_wait`` those that Slack or its silence sent away: the
    others failed or died. ``next_attempt_at`` is when the next one may, so a worker holds the row by moving it on.
    ``revived_at`` is when a dead row was last made due again. ``unsure`` says that Slack may have posted it without our
    knowing; ``file`` is Slack's id of the file that it may have. An ``unreadable`` row is of another release.
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
    file: str | None = None
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


class Outbox:
    """The rows in the cases table, from when they were stored with their case until they are done, or given up."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        """Take the client and the name of the cases table."""
        self._table = Table(client, table)

    def ask_for_file(self, row: Delivery) -> None:
        """Store the row of a file that somebody asked for; the same row again is no error."""
        with suppress(ConditionFailed):
            self._table.put(delivery_item(row), when=NEW)

    def pending(self, case_id: str) -> tuple[Delivery, ...]:
        """Read the undelivered rows of a case, in order, strongly consistent."""
        when = "#pk = :pk AND begins_with(#sk, :prefix)"
        items = self._table.query(
            when, pk=f"CASE#{case_id}", prefix="DELIVERY#", keep="#state = :state", state="pending"
        )
        return tuple(map(read_delivery, items))

    def due_deliveries(self, now: datetime, *, limit: int) -> Iterator[Delivery]:
        """Yield undelivered rows that are due, up to ``limit`` of each shard, oldest first within it."""
        for number in range(SHARDS):
            when = "#pending_pk = :shard AND #pending_at <= :now"
            rows = self._table.query(when, index="pending", limit=limit, shard=f"PENDING#{number}", now=iso(now))
            yield from map(read_delivery, rows)

    def hold(self, row: Delivery, *, now: datetime, lease: timedelta) -> Delivery | None:
        """Take a row for one attempt, or return ``None`` if it is not due or another worker has it.

        Until ``lease`` has passed nobody else gets it; a worker that dies leaves it due then, and ``unsure``.
        """
        if parse(row.next_attempt_at) > now:
            return None
        held = msgspec.structs.replace(row, attempts=row.attempts + 1, next_attempt_at=iso(now + lease), unsure=True)
        return held if self._replace(row, held) else None

    def note_file(self, row: Delivery, file_id: str) -> Delivery:
        """Store the id of the file that is about to be sent for a row that one holds; return the row as it is then."""
        noted = msgspec.structs.replace(row, file=file_id)
        self._replace(row, noted)
        return noted

    def done(self, row: Delivery) -> None:
        """Mark a row delivered."""
        self._replace(row, msgspec.structs.replace(row, state="done", unsure=False))

    def dead(self, row: Delivery, *, reason: str, unsure: bool) -> None:
        """Give a row up until it is revived."""
        if row.kind == "unreadable":
            self._set_aside(row)
        else:
            self._replace(row, msgspec.structs.replace(row, state="dead", reason=reason, unsure=unsure))

    def later(self, row: Delivery, *, at: datetime, unsure: bool) -> None:
        """Let a row wait until ``at``, since Slack asked to, or did not answer."""
        waits = row.told_to_wait + 1
        self._replace(row, msgspec.structs.replace(row, next_attempt_at=iso(at), unsure=unsure, told_to_wait=waits))

    def dead_deliveries(self, *, limit: int | None = None) -> Iterator[Delivery]:
        """Yield the rows that were given up."""
        yield from map(read_delivery, self._table.query("#pending_pk = :dead", index="pending", limit=limit, dead=DEAD))

    def revive(self, row: Delivery, *, now: datetime) -> bool:
        """Make a dead row pending and due again, its attempts forgiven; ``False`` if it is not dead or not readable."""
        if row.kind == "unreadable":
            return False
        again = msgspec.structs.replace(
            row,
            state="pending",
            reason=None,
            next_attempt_at=iso(now),
            told_to_wait=row.attempts,
            revived_at=iso(now),
        )
        return self._replace(row, again)

    def _replace(self, old: Delivery, new: Delivery) -> bool:
        try:
            self._table.put(delivery_item(new), when=_HELD, state=old.state, attempts=old.attempts)
        except ConditionFailed:
            return False
        return True

    def _set_aside(self, row: Delivery) -> None:
        item = self._table.get(f"CASE#{row.case}", f"DELIVERY#{row.id.partition('#')[2]}")
        if item is not None:
            with suppress(ConditionFailed):
                self._table.put(set_aside(item), when="#state = :state", state="pending")


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
