"""The audit as it is stored: own entries by day, and one trail through these, the cases' events and the settings."""

from __future__ import annotations

from datetime import timedelta
from heapq import merge
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sop_aws.table import Table, attributes, text
from sop_core.audit import Entry, of_change, of_event
from sop_core.cases.case import CaseEvent
from sop_core.settings import changes
from sop_core.times import days, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from sop_aws.settings import SettingsStore
    from sop_aws.table import Item

FIRST: Final = "0"
LAST: Final = "~"
"""These sort before and after every entry of a day."""
CHUNK: Final = 60
DAYS_A_PAGE: Final = 14
SCANNED_A_PAGE: Final = 1000
"""What a page of the screen may read, so that it is there at once; the next page goes on where it stopped."""
CHANGES_SHOWN: Final = 100
ELSEWHERE: Final = frozenset({"case", "setting"})
"""Kinds that have no entries of their own: they are read from the cases' events and from the settings."""
_ENTRY: Final = msgspec.json.Decoder(Entry)
_EVENT: Final = msgspec.json.Decoder(CaseEvent)
_PLACE: Final = attrgetter("place")


class Page(msgspec.Struct, frozen=True):
    """Entries, the newest first; ``rest`` is the place before which the next page begins (``None``: that was all)."""

    entries: tuple[Entry, ...]
    rest: str | None = None


class AuditStore:
    """Entries in the cases table, one partition a day (UTC). They are written once and expire; nothing changes them."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        """Take the client and the name of the cases table."""
        self._table = Table(client, table)

    def add(self, entry: Entry, *, keep_days: int) -> None:
        """Keep an entry for so many days; the same again is the same entry."""
        self._table.put(audit_item(entry, keep_days=keep_days))

    def write(self, entry: Entry, *, keep_days: int) -> TransactWriteItemTypeDef:
        """Describe the keeping of an entry as a write within the transaction that does what it tells."""
        return self._table.write(audit_item(entry, keep_days=keep_days))

    def forwards(self, day: str, *, start: str = FIRST, end: str = LAST, kind: str = "") -> Iterator[Entry]:
        """Yield what was done on a day (UTC, ``2026-11-20``) from place ``start`` (included) to ``end``, in order.

        Of one ``kind``, nothing else leaves the table.
        """
        entries = () if kind in ELSEWHERE else self._entries(day, start, end, kind)
        events = self._events(day, start, end) if kind in {"", "case"} else ()
        yield from merge(entries, events, key=_PLACE)

    def _entries(self, day: str, start: str, end: str, kind: str) -> Iterator[Entry]:
        # The text of an entry holds this once: within a value, quotation marks stand behind a backslash.
        only: dict[str, Any] = {"keep": "contains(#body, :kind)", "kind": f'"kind":"{kind}"'} if kind else {}
        when = "#pk = :day AND #sk BETWEEN :low AND :high"
        return map(_entry, self._table.query(when, only="#body", day=day_pk(day), low=start, high=end, **only))

    def _events(self, day: str, start: str, end: str) -> Iterator[Entry]:
        when = "#day_pk = :day AND #day_at BETWEEN :low AND :high"
        place = f"EVENTS#{day}"
        return map(_of_event, self._table.query(when, index="by_day", only="#body", day=place, low=start, high=end))

    def backwards(self, day: str, *, before: str) -> Iterator[Entry]:
        """Yield what was done on a day before a place, the newest first."""
        entries = _by_chunks(self._entries_before, day, before)
        events = _by_chunks(self._events_before, day, before)
        yield from merge(entries, events, key=_PLACE, reverse=True)

    def _entries_before(self, day: str, before: str) -> list[Entry]:
        when = "#pk = :day AND #sk < :before"
        items = self._table.query(when, day=day_pk(day), before=before, limit=CHUNK, backwards=True)
        return list(map(_entry, items))

    def _events_before(self, day: str, before: str) -> list[Entry]:
        when = "#day_pk = :day AND #day_at < :before"
        items = self._table.query(when, index="by_day", day=f"EVENTS#{day}", before=before, limit=CHUNK, backwards=True)
        return list(map(_of_event, items))


def _by_chunks(read: Callable[[str, str], list[Entry]], day: str, before: str) -> Iterator[Entry]:
    while chunk := read(day, before):
        yield from chunk
        if len(chunk) < CHUNK:
            return
        before = chunk[-1].place


class Trail:
    """Everything that is audited, in the order of time."""

    def __init__(self, store: AuditStore, settings: SettingsStore) -> None:
        """Take where entries and events are, and where changes of the settings are."""
        self._store = store
        self._settings = settings

    def by_day(self, start: str, end: str, *, kind: str = "") -> Iterator[tuple[str, Iterator[Entry]]]:
        """Yield each day (UTC) with its entries, of one ``kind`` or of all, from ``start`` (included) up to ``end``.

        ``start`` is a place or a day, ``end`` a moment. Entries are read page by page as they are taken.
        """
        known = setting_entries(self._settings) if kind in {"", "setting"} else ()
        changed = [each for each in reversed(known) if start <= each.place < end]
        for day in days(start[:10], end[:10]):
            of_day = [each for each in changed if each.at.startswith(day)]
            others = () if kind == "setting" else self._store.forwards(day, start=start, end=end, kind=kind)
            yield day, merge(others, of_day, key=_PLACE)

    def page(self, *, before: str, start: str, kinds: Collection[str], limit: int) -> Page:
        """Return up to ``limit`` entries of these kinds before a place, back to the moment ``start``."""
        changed = [each for each in setting_entries(self._settings, limit=CHANGES_SHOWN) if each.place < before]
        found: list[Entry] = []
        scanned = 0
        for looked, day in enumerate(reversed(tuple(days(start[:10], before[:10])))):
            if looked == DAYS_A_PAGE:
                return Page(tuple(found), rest=f"{day}{LAST}")
            of_day = [each for each in changed if each.at.startswith(day)]
            for entry in merge(self._store.backwards(day, before=before), of_day, key=_PLACE, reverse=True):
                if entry.place < start:
                    break
                scanned += 1
                if entry.kind in kinds:
                    found.append(entry)
                if len(found) == limit or scanned == SCANNED_A_PAGE:
                    return Page(tuple(found), rest=entry.place)
        return Page(tuple(found))


def setting_entries(settings: SettingsStore, *, limit: int | None = None) -> list[Entry]:
    """Return the latest changes of the settings, all that are kept without ``limit``, the newest first."""
    kept = settings.audit(limit=limit and limit + 1)
    found: list[Entry] = []
    # The one before the first change is the shipped settings; one more than asked for is read to compare with.
    for now, earlier in tuple(zip(kept, [*kept[1:], None], strict=False))[:limit]:
        lines = changes(earlier.settings if earlier else None, now.settings)
        found += reversed(of_change(now.version, now.actor, now.at, lines))
    return found


def audit_item(entry: Entry, *, keep_days: int) -> Item:
    """Return an entry as it is stored, with the day after which DynamoDB drops it."""
    expires_at = int((parse(entry.at) + timedelta(days=keep_days)).timestamp())
    return attributes(pk=day_pk(entry.at[:10]), sk=entry.place, expires_at=expires_at) | audit_body(entry)


def audit_body(entry: Entry) -> Item:
    """Return the attribute that says what was done."""
    return attributes(body=msgspec.json.encode(entry).decode())


def day_pk(day: str) -> str:
    """Return the partition of a day (UTC, ``2026-11-20``)."""
    return f"AUDIT#{day}"


def _entry(item: Item) -> Entry:
    return _ENTRY.decode(text(item, "body"))


def _of_event(item: Item) -> Entry:
    return of_event(_EVENT.decode(text(item, "body")))
