"""The queue: cases and runs in lists, a page at a time, and whatever the sweep and the reports have to look at."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from sop_aws.cases import waits_at
from sop_aws.deliveries import SHARDS
from sop_aws.runs import Run, RunHead
from sop_aws.table import Table, attributes, text
from sop_core.cases.case import CaseEvent
from sop_core.cases.overview import CaseHead, Front, Overview, Tally, is_overdue
from sop_core.times import iso, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from sop_aws.table import Item

_HEAD: Final = msgspec.json.Decoder(CaseHead)
_EVENT: Final = msgspec.json.Decoder(CaseEvent)
FRONT_FRESH: Final = timedelta(minutes=5)
"""Without a sweep for so long, the queue itself is asked."""


class Page(msgspec.Struct, frozen=True):
    """One page of a list; ``rest`` is where the next begins (``None``: this is the last).

    ``front`` is the count that it was taken from: a case that came since then may be missing.
    """

    heads: tuple[CaseHead, ...]
    rest: str | None = None
    front: Front | None = None


class CaseQueue:
    """Lists of the cases table. What an index says may be a moment old; whoever acts reads the case itself."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        """Take the client and the name of the cases table."""
        self._table = Table(client, table)

    def unclaimed(self, *, limit: int, start: str | None = None, now: datetime) -> Page:
        """Return the cases that nobody has, the soonest due first; of a long queue the front as it was last counted."""
        return self._of_front(limit, start, now) or self._page("queue", "OPEN", limit=limit, start=start)

    def claimed_by(self, user: str, *, limit: int, start: str | None = None) -> Page:
        """Return the cases that ``user`` has, the soonest due first."""
        return self._page("queue", f"CLAIMED#{user}", limit=limit, start=start)

    def returned(self, *, limit: int, start: str | None = None) -> Page:
        """Return the cases that wait for their owners, whoever those are."""
        return self._page("queue", "RETURNED", limit=limit, start=start)

    def overdue(self, *, limit: int, start: str | None = None, now: datetime) -> Page:
        """Return the cases that were overdue when last counted and still are; without a count no ``front``."""
        counted = self._counted("OVERDUE")
        if counted is None:
            return Page(heads=())
        still = self._ahead(counted, start, limit, lambda head: is_overdue(head, at=iso(now)))
        rest = still[limit - 1][0] if len(still) > limit else None
        return Page(heads=tuple(head for _, head in still[:limit]), rest=rest, front=counted)

    def closed_by(self, user: str, *, limit: int, start: str | None = None) -> Page:
        """Return the cases that ``user`` closed, the latest first."""
        return self._page("queue", f"CLOSED#{user}", limit=limit, start=start, newest_first=True)

    def opened_by(self, user: str, *, limit: int, start: str | None = None) -> Page:
        """Return the cases that ``user`` owns, the latest first."""
        return self._page("by_owner", f"CASES#{user}", limit=limit, start=start, newest_first=True)

    def runs_of(self, user: str, *, limit: int) -> tuple[RunHead, ...]:
        """Return the runs that ``user`` has open, the latest first."""
        items = self._table.query(
            "#owner_pk = :owner", index="by_owner", limit=limit, backwards=True, owner=f"RUNS#{user}"
        )
        return tuple(msgspec.json.decode(text(item, "head"), type=RunHead) for item in items)

    def runs_ended_by(self, user: str, *, since: datetime, limit: int) -> tuple[RunHead, ...]:
        """Return the runs that ``user`` has finished since a moment, the latest first."""
        when = "#owner_pk = :owner AND #owner_at >= :since"
        items = self._table.query(
            when, index="by_owner", limit=limit, backwards=True, owner=f"ENDED#{user}", since=iso(since)
        )
        return tuple(msgspec.json.decode(text(item, "head"), type=RunHead) for item in items)

    def to_remind(self, now: datetime, *, limit: int) -> Iterator[str]:
        """Yield the ids of cases with a reminder that is due, up to ``limit`` of each shard."""
        for number in range(SHARDS):
            when = "#due_pk = :shard AND #remind_at <= :now"
            items = self._table.query(when, index="due", limit=limit, shard=f"DUE#{number}", now=iso(now))
            yield from (text(item, "pk").removeprefix("CASE#") for item in items)

    def live(self) -> Iterator[CaseHead]:
        """Yield every case that is not over."""
        for number in range(SHARDS):
            items = self._table.query("#due_pk = :shard", index="due", shard=f"DUE#{number}")
            yield from (_HEAD.decode(text(item, "head")) for item in items)

    def events_on(self, day: str, *, since: str = "0") -> Iterator[CaseEvent]:
        """Yield what happened on a day (UTC, ``2026-11-20``) from the moment ``since`` on, in order."""
        when = "#day_pk = :day AND #day_at >= :since"
        items = self._table.query(when, index="by_day", only="#body", day=f"EVENTS#{day}", since=since)
        yield from (_EVENT.decode(text(item, "body")) for item in items)

    def runs_on(self, day: str) -> Iterator[Run]:
        """Yield the runs that began on a day (UTC), in order."""
        items = self._table.query("#day_pk = :day", index="by_day", only="#body", day=f"RUNS#{day}")
        yield from (msgspec.json.decode(text(item, "body"), type=Run) for item in items)

    def tally(self, day: str) -> Tally | None:
        """Return the numbers of a day, as far as they were counted."""
        item = self._table.get("OVERVIEW", f"DAY#{day}")
        return None if item is None else msgspec.json.decode(text(item, "body"), type=Tally)

    def put_tally(self, day: str, counted: Tally, *, expires_at: int) -> None:
        """Keep the numbers of a day."""
        body = msgspec.json.encode(counted).decode()
        self._table.put(attributes(pk="OVERVIEW", sk=f"DAY#{day}", body=body, expires_at=expires_at))

    def overview(self) -> Overview | None:
        """Return the numbers of the last sweep."""
        item = self._table.get("OVERVIEW", "CURRENT")
        return None if item is None else msgspec.json.decode(text(item, "body"), type=Overview)

    def put_overview(self, numbers: Overview) -> None:
        """Keep the numbers of this sweep."""
        self._table.put(attributes(pk="OVERVIEW", sk="CURRENT", body=msgspec.json.encode(numbers).decode()))

    def front(self) -> Front | None:
        """Return the front of the queue as the last sweep counted it."""
        return self._counted("FRONT")

    def put_front(self, front: Front) -> None:
        """Keep the front of the queue of this sweep."""
        self._put_counted("FRONT", front)

    def put_overdue(self, front: Front) -> None:
        """Keep the overdue cases of this sweep."""
        self._put_counted("OVERDUE", front)

    def _counted(self, name: str) -> Front | None:
        item = self._table.get("OVERVIEW", name)
        return None if item is None else msgspec.json.decode(text(item, "body"), type=Front)

    def _put_counted(self, name: str, front: Front) -> None:
        self._table.put(attributes(pk="OVERVIEW", sk=name, body=msgspec.json.encode(front).decode()))

    def _of_front(self, limit: int, start: str | None, now: datetime) -> Page | None:
        """Return a page of the counted front, without those taken since; ``None`` where it does not fill one."""
        front = self.front()
        if front is None or not front.heads or now - parse(front.at) > FRONT_FRESH:
            return None
        shown = self._ahead(front, start, limit, lambda head: head.state == "open")[:limit]
        if len(shown) < limit:
            return None
        return Page(heads=tuple(head for _, head in shown), rest=shown[-1][0], front=front)

    def _ahead(
        self, front: Front, start: str | None, limit: int, belongs: Callable[[CaseHead], bool]
    ) -> list[tuple[str, CaseHead]]:
        """Return what of a counted list comes after ``start`` and still belongs to it, each with its place."""
        ahead = [(place, head.id) for head in front.heads if (place := _place(head)) > (start or "")]
        now_stored = self._table.get_many([(f"CASE#{id_}", "CASE") for _, id_ in ahead[: 2 * limit]], "head")
        heads = {head.id: head for head in (_HEAD.decode(text(item, "head")) for item in now_stored)}
        return [(place, heads[id_]) for place, id_ in ahead if id_ in heads and belongs(heads[id_])]

    def _page(self, index: str, place: str, *, limit: int, start: str | None, newest_first: bool = False) -> Page:
        pk, at = ("queue_pk", "queue_at") if index == "queue" else ("owner_pk", "owner_at")
        items = list(
            self._table.query(
                f"#{pk} = :place",
                index=index,
                # One more than is shown tells whether there is a next page.
                limit=limit + 1,
                backwards=newest_first,
                start=_key(start, pk, at, place),
                place=place,
            )
        )
        shown = items[:limit]
        rest = f"{text(shown[-1], at)}|{text(shown[-1], 'pk')}" if len(items) > limit else None
        return Page(heads=tuple(_HEAD.decode(text(item, "head")) for item in shown), rest=rest)


def _place(head: CaseHead) -> str:
    """Return where a waiting case stands, as the start of a page names it."""
    return f"{waits_at(head)}|CASE#{head.id}"


def _key(start: str | None, pk: str, at: str, place: str) -> Item | None:
    if start is None:
        return None
    moment, _, case = start.partition("|")
    return attributes(**{"pk": case, "sk": "CASE", pk: place, at: moment})
