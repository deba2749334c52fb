"""The audit as a CSV file for whoever asked, made from the store as it is read, a large one in parts."""

from __future__ import annotations

import csv
import io
import math
import re
import time
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import msgspec

from sop_core.audit import KIND_NAMES, Wanted
from sop_core.spreadsheets import begins_a_formula
from sop_core.times import iso, parse
from sop_http.slack_files import NewFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sop_aws.audit import Trail
    from sop_aws.deliveries import Delivery, Outbox
    from sop_core.audit import Entry
    from sop_core.settings import Settings

ROWS: Final = 20_000
"""Of one file: about 3 MB, so that several are made within the time of one call."""
LONGEST: Final = 15.0
"""Seconds of looking after which no other day is begun: of a rare kind there may be nothing in many days."""
HEADS: Final = ("Time (office)", "Time (UTC)", "Kind", "Who", "User id", "What", "About", "Procedure", "Detail")
USERS: Final = re.compile(r"(?<![\w-])[UW][A-Z0-9]{2,30}(?![\w-])")


class Auditor:
    """Makes the files of the audit that admins asked for."""

    def __init__(
        self,
        trail: Trail,
        settings: Callable[[], Settings],
        *,
        name_of: Callable[[str, str], str],
        outbox: Outbox,
        rows: int = ROWS,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the trail, the settings (for the office's zone), names, and where the next part is asked for."""
        self._trail = trail
        self._settings = settings
        self._name_of = name_of
        self._outbox = outbox
        self._rows = rows
        self._timer = timer

    def made(self, row: Delivery) -> NewFile | None:
        """Return the part of the audit that a row of the outbox asks for, and ask for the next if there is one.

        Where nothing was found yet, and there is more to look through, only the next part is asked for.
        """
        wanted = _wanted(row)
        zone = ZoneInfo(self._settings().calendar.zone)
        start, end = wanted.moments(zone.key)
        # An attempt that died may have asked for the next part: then this one ends there, however long it takes.
        ends = self._next_begins(row)
        by_day = self._trail.by_day(wanted.after or iso(start), ends or iso(end), kind=wanted.kind)
        rows, seconds = (math.inf, math.inf) if ends else (self._rows, LONGEST)
        content, count, rest = self._written(by_day, zone, rows=rows, seconds=seconds)
        rest = ends or rest
        if rest:
            number = wanted.part + 1 if count else wanted.part
            self._outbox.ask_for_file(_next(row, msgspec.structs.replace(wanted, part=number, after=rest)))
            if not count:
                return None
        part = f" part {wanted.part}" if rest or wanted.part > 1 else ""
        name = f"audit {wanted.first} to {wanted.last}{part}.csv"
        more = " The next part follows." if rest else ""
        about = KIND_NAMES.get(wanted.kind, "Everything").lower()
        words = f"The audit from {wanted.first} to {wanted.last}, {about}{part}: {count:,} entries.{more}"
        return NewFile(name, content, words)

    def _next_begins(self, row: Delivery) -> str | None:
        rows = self._outbox.pending(row.case)
        return next((_wanted(each).after for each in rows if each.version == row.version + 1), None)

    def _written(
        self, by_day: Iterator[tuple[str, Iterator[Entry]]], zone: ZoneInfo, *, rows: float, seconds: float
    ) -> tuple[bytes, int, str | None]:
        """Return a file, the number of its entries, and where the next part begins: at an entry or at a day."""
        made = io.StringIO(newline="")
        out = csv.writer(made, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        out.writerow(HEADS)
        count, rest = 0, None
        for place, entry in self._in_time(by_day, seconds):
            if entry is None or count == rows:
                rest = place
                break
            out.writerow(map(safe, self._line(entry, zone)))
            count += 1
        # Excel reads UTF-8 only where the file says so.
        return made.getvalue().encode("utf-8-sig"), count, rest

    def _in_time(
        self, by_day: Iterator[tuple[str, Iterator[Entry]]], seconds: float
    ) -> Iterator[tuple[str, Entry | None]]:
        """Yield entries behind their places; once the time is over the day to go on with, and no entry."""
        began = self._timer()
        for day, entries in by_day:
            if self._timer() - began > seconds:
                yield day, None
                return
            yield from ((entry.place, entry) for entry in entries)

    def _line(self, entry: Entry, zone: ZoneInfo) -> tuple[str, ...]:
        detail = entry.detail
        if entry.kind in {"setting", "case"}:
            detail = USERS.sub(lambda found: self._with_id(found[0]), detail)
        return (
            parse(entry.at).astimezone(zone).isoformat(sep=" ", timespec="seconds"),
            entry.at,
            entry.kind,
            self._name_of(entry.actor, "SOP Desk" if entry.actor == "clock" else entry.actor),
            entry.actor,
            entry.action,
            entry.subject,
            entry.procedure,
            detail,
        )

    def _with_id(self, user: str) -> str:
        name = self._name_of(user, "")
        return f"{name} ({user})" if name else user


def safe(cell: str) -> str:
    """Return a cell that no spreadsheet computes: text that would begin a formula stands behind an apostrophe."""
    return f"'{cell}" if begins_a_formula(cell) else cell


def _wanted(row: Delivery) -> Wanted:
    return msgspec.json.decode(row.about or "", type=Wanted)


def _next(row: Delivery, wanted: Wanted) -> Delivery:
    version = row.version + 1
    return msgspec.structs.replace(
        row,
        id=f"{row.case}#{version:06d}#0",
        version=version,
        next_attempt_at=row.created_at,
        attempts=0,
        told_to_wait=0,
        unsure=False,
        file=None,
        about=msgspec.json.encode(wanted).decode(),
    )
