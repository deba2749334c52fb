"""Finding a project in the active transfer sheet, and saying plainly when the sheet cannot be asked."""

from __future__ import annotations

import re
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

from sop_aws.snapshots import SnapshotUnavailable
from sop_core.times import parse
from sop_slack.run import Sheet as SheetNotice

if TYPE_CHECKING:
    from functions.slack.services import Services
    from sop_core.transfers.project import Project
    from sop_core.transfers.records import ActiveSheet, Sheet

NO_SHEET = "There is no transfer sheet. Do not conclude that this is not an Infinity project; choose “Cannot tell”."
PROJECT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,39}")
EXACTLY: Final = "exactly as the sheet has it"
BY_ID: Final = "project id"
UNREADABLE = (
    "The transfer sheet cannot be searched right now: only an exact name, address, phone, e-mail or project id is "
    "found. What is not found may be there all the same; choose “Cannot tell”."
)


class Found(NamedTuple):
    """What a search found; only where ``is_complete`` was the whole sheet searched, and an absence means anything.

    The first ``fitting`` of the projects fit well; the rest are merely similar. ``whys`` says by project what fitted
    and what differs.
    """

    projects: tuple[Project, ...]
    is_complete: bool
    fitting: int = 0
    whys: dict[str, str] = {}  # noqa: RUF012 - never changed


class Finder:
    """Searches one sheet version: the one that was active when the run began. Made for one request."""

    def __init__(self, services: Services) -> None:
        self._sheets: dict[str, Sheet | None] = {}
        self._transfers = services.transfers
        self._snapshots = services.snapshots
        self._settings = services.settings
        self._now = services.now

    def active(self) -> ActiveSheet | None:
        """Return the sheet that agents see now."""
        return self._transfers.sheets.active()

    def search(self, sheet: str | None, text: str, limit: int) -> Found:
        """Return the best matches for what was typed, read from the store, which is the record.

        Without the search snapshot, what is exactly as the sheet has it is found there all the same.
        """
        record = self._sheet(sheet)
        if record is None:
            return Found((), is_complete=False)
        exact = self._by_id(record, text)
        try:
            hits = self._snapshots.index(record).search(text, limit).hits
        except SnapshotUnavailable:
            found = _with_first(exact, self._transfers.projects.exact(record, text, limit), limit)
            return Found(found, is_complete=False, fitting=len(found), whys={project.key: EXACTLY for project in found})
        from sop_core.transfers.matching import PLAUSIBLE  # noqa: PLC0415 - loaded by now, and by no request without a search

        projects = _with_first(exact, self._transfers.projects.get_many(record.id, [hit.key for hit in hits]), limit)
        whys = {hit.key: hit.why for hit in hits} | ({exact.key: BY_ID} if exact else {})
        well = {hit.key for hit in hits if hit.score >= PLAUSIBLE} | ({exact.key} if exact else set())
        return Found(projects, is_complete=True, fitting=sum(project.key in well for project in projects), whys=whys)

    def _sheet(self, sheet: str | None) -> Sheet | None:
        if sheet is None:
            return None
        if sheet not in self._sheets:
            self._sheets[sheet] = self._transfers.sheets.get(sheet)
        return self._sheets[sheet]

    def _by_id(self, record: Sheet, text: str) -> Project | None:
        typed = text.strip()
        return self._transfers.projects.get(record.id, typed.upper()) if PROJECT_ID.fullmatch(typed) else None

    def notice(self, sheet: str | None) -> SheetNotice:
        """Return what a screen says about the sheet: nothing, or why an absence proves nothing."""
        record = self._sheet(sheet)
        if record is None:
            return SheetNotice(warning=NO_SHEET, is_searchable=False)
        uploaded = parse(record.uploaded_at).astimezone(UTC)
        age = self._now() - uploaded
        limit = self._settings().sheet_freshness_days
        dated = f"{uploaded.astimezone(ZoneInfo(self._settings().calendar.zone)):%b %d, %Y}"
        if age > timedelta(days=limit):
            old = f"The transfer sheet is {age.days} days old (limit {limit}): a project it lacks proves nothing."
            return SheetNotice(warning=old, dated=dated)
        return SheetNotice(dated=dated)


def _with_first(exact: Project | None, found: tuple[Project, ...], limit: int) -> tuple[Project, ...]:
    return found if exact is None or exact in found else (exact, *found)[:limit]
