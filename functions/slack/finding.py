"""Finding a project in the active transfer sheet, and saying plainly when the sheet cannot be asked."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sop_aws.snapshots import SnapshotUnavailable
from sop_slack.run import Sheet as SheetNotice

if TYPE_CHECKING:
    from functions.slack.services import Services
    from sop_core.transfers.project import Project
    from sop_core.transfers.records import ActiveSheet, Sheet

NO_SHEET = "There is no transfer sheet. Do not conclude that this is not an Infinity project; choose “Cannot tell”."
PROJECT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,39}")
UNREADABLE = "The transfer sheet cannot be searched right now. Search by project id, or choose “Cannot tell”."


class Finder:
    """Searches one sheet version: the one that was active when the run began."""

    def __init__(self, services: Services) -> None:
        self._transfers = services.transfers
        self._snapshots = services.snapshots
        self._settings = services.settings
        self._now = services.now

    def active(self) -> ActiveSheet | None:
        """Return the sheet that agents see now."""
        return self._transfers.active()

    def search(self, sheet: str | None, text: str, limit: int) -> tuple[Project, ...]:
        """Return the best matches for what was typed; raises :class:`SnapshotUnavailable`.

        A hit is read from the store, which is the record; an exact project id is found there even without the snapshot.
        """
        if sheet is None:
            raise SnapshotUnavailable("there is no sheet")
        record = self._transfers.sheet(sheet)
        exact = self._transfers.project(sheet, text.strip().upper()) if PROJECT_ID.fullmatch(text.strip()) else None
        try:
            keys = self._hits(record, text, limit)
        except SnapshotUnavailable:
            if exact is None:
                raise
            keys = []
        found = self._transfers.projects(sheet, keys)
        return found if exact is None or exact in found else (exact, *found)[:limit]

    def _hits(self, record: Sheet | None, text: str, limit: int) -> list[str]:
        if record is None:
            raise SnapshotUnavailable("the sheet is gone")
        return [hit.key for hit in self._snapshots.index(record).search(text, limit).hits]

    def notice(self, sheet: str | None) -> SheetNotice:
        """Return what a screen says about the sheet: nothing, or why an absence proves nothing."""
        record = None if sheet is None else self._transfers.sheet(sheet)
        if record is None:
            return SheetNotice(warning=NO_SHEET, is_searchable=False)
        age = self._now() - datetime.fromisoformat(record.uploaded_at).astimezone(UTC)
        limit = self._settings().sheet_freshness_days
        if age > timedelta(days=limit):
            return SheetNotice(
                warning=f"The transfer sheet is {age.days} days old (limit {limit}): a project it lacks proves nothing."
            )
        return SheetNotice()
