"""An uploaded workbook becomes a sheet that is ready to be activated; the active one is never touched.

Every stage may be cut off and run again: the sheet's id is the import's, so a second run writes what the first wrote.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from functions.import_sheet import writing
from functions.import_sheet.files import fetch
from functions.import_sheet.sending import REPORT
from functions.import_sheet.workbook import take
from sop_core.forgetting import without
from sop_core.transfers import changes
from sop_core.transfers.columns import applying
from sop_core.transfers.problems import warning
from sop_core.transfers.records import Counts, Sheet
from sop_core.transfers.sheet import Reading, SheetError
from sop_http.slack_files import NewFile
from sop_slack import blocks as kit
from sop_slack import columns
from sop_slack import transfers as told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from functions.import_sheet.files import SlackFiles, Upload, Workbooks
    from functions.import_sheet.jobs import Attempt
    from functions.import_sheet.sending import Sender
    from functions.import_sheet.workbook import Taken
    from sop_aws.forgotten import ForgottenStore
    from sop_aws.snapshots import SnapshotStore
    from sop_aws.transfers import TransferStore
    from sop_core.transfers.project import Project
    from sop_core.transfers.records import ActiveSheet, Difference, Job

ENOUGH_TO_TIDY: Final = timedelta(minutes=2)


@dataclass(frozen=True, kw_only=True)
class Importer:
    """Makes sheets of workbooks. ``tidy`` is done once a sheet is ready, while the import still counts as at work."""

    transfers: TransferStore
    snapshots: SnapshotStore
    workbooks: Workbooks
    forgotten: ForgottenStore
    files: SlackFiles
    sender: Sender
    tidy: Callable[[], object]

    def carry_out(self, attempt: Attempt) -> Job:
        """Read a workbook, load its projects, and tell what activating them would change."""
        attempt.greet()
        work = _Work(self, attempt)
        try:
            return work.carry_out()
        except SheetError as refusal:
            return work.refuse(refusal)

    def give_up(self, attempt: Attempt) -> None:
        """Say that the import stopped for a reason of ours."""
        attempt.greet()
        attempt.progress.finish(told.failed(self.transfers.sheets.active()))


class _Work:
    """One attempt at one import."""

    def __init__(self, importer: Importer, attempt: Attempt) -> None:
        self._to = importer
        self._attempt = attempt
        self._progress = attempt.progress
        self._name: str | None = None

    @property
    def _record(self) -> Job:
        return self._attempt.record

    def refuse(self, refusal: SheetError) -> Job:
        # An import that an operator began has nobody to ask.
        can_choose = bool(refusal.missing and refusal.found and self._record.user)
        message = told.refused(
            refusal.message,
            self._to.transfers.sheets.active(),
            name=self._name,
            found=refusal.found,
            choose=self._record.id if can_choose else None,
        )
        return self._attempt.end(
            message,
            state="refused",
            error_kind=refusal.kind,
            error=refusal.message,
            missing=refusal.missing if can_choose else (),
            headers=refusal.found[: columns.MOST_HEADERS] if can_choose else (),
        )

    def carry_out(self) -> Job:
        self._progress.show("Fetching the workbook")
        upload = fetch(self._record, self._to.files, self._to.workbooks)
        self._name = upload.name
        digest = hashlib.sha256(upload.content).hexdigest()
        named = self._to.transfers.columns.named()
        known = self._to.transfers.sheets.of_file(digest)
        # Once columns were named otherwise, the same file is no longer the same sheet.
        if known and known.id != self._record.id and known.named == applying(named, known.headers):
            return self._repeat(known)
        taken = take(
            upload.content,
            chosen=named,
            progress=lambda rows: self._progress.show("Reading the workbook", rows),
        )
        taken, has_forgotten = self._without_forgotten(taken)
        if not has_forgotten:
            self._to.workbooks.put(self._record.id, upload)
        sheet = self._to.transfers.sheets.create(self._new_sheet(upload, digest, taken.reading, named))
        if sheet.state == "loading":
            sheet = self._load(sheet, taken.reading)
        self._report(taken)
        return self._tell_ready(sheet)

    def _without_forgotten(self, taken: Taken) -> tuple[Taken, bool]:
        """Return what was read without the people who were forgotten before, and whether there were any."""
        reading = taken.reading
        projects, theirs = without(reading.projects, self._to.forgotten.marks())
        if not theirs:
            return taken, False
        others = tuple(problem for problem in reading.problems if problem.row not in theirs)
        told = tuple(warning(row, "forgotten") for row in sorted(theirs))
        return msgspec.structs.replace(
            taken, reading=msgspec.structs.replace(reading, projects=projects, problems=(*others, *told))
        ), True

    def _report(self, taken: Taken) -> None:
        """Send the rows with problems, once."""
        if not taken.reading.problems or not self._record.user:
            return
        rows = len({problem.row for problem in taken.reading.problems})
        words = kit.escape(told.report_words(rows))
        self._to.sender.send(self._attempt, lambda: NewFile(REPORT, writing.problem_rows(taken), words))

    def _new_sheet(self, upload: Upload, digest: str, reading: Reading, named: dict[str, str]) -> Sheet:
        headers = reading.headers[: columns.MOST_HEADERS]
        return Sheet(
            id=self._record.id,
            state="loading",
            version=1,
            uploaded_by=self._record.user,
            uploaded_at=self._record.created_at,
            file_name=upload.name,
            file_sha256=digest,
            file_size=len(upload.content),
            columns=reading.columns,
            named=applying(named, headers),
            headers=headers,
            counts=_counts(reading),
            problems=dict(Counter(problem.kind for problem in reading.problems)),
        )

    def _load(self, sheet: Sheet, reading: Reading) -> Sheet:
        from sop_core.transfers.matching import build  # noqa: PLC0415  (numpy is not needed to refuse a file)

        total = len(reading.projects)
        self._to.transfers.projects.put(
            sheet.id, reading.projects, progress=lambda done: self._progress.show("Loading the projects", done, total)
        )
        self._to.transfers.projects.put_exact(sheet.id, reading.projects)
        self._progress.show("Building the search index", total, total)
        snapshot = self._to.snapshots.put(sheet.id, build(reading.projects))
        active = self._to.transfers.sheets.active()
        difference = self._difference(active, reading.projects)
        ready = msgspec.structs.replace(sheet, state="ready", snapshot=snapshot, difference=difference)
        return self._to.transfers.sheets.save(ready)

    def _difference(self, active: ActiveSheet | None, projects: Iterable[Project]) -> Difference:
        self._progress.show("Comparing with the active sheet")
        before = self._to.transfers.projects.all(active.sheet) if active else ()
        found = changes.compare(before, projects)
        return changes.summarise(
            found, against=active.sheet if active else None, against_version=active.version if active else 0
        )

    def _tell_ready(self, sheet: Sheet) -> Job:
        self._to.transfers.sheets.remember_file(sheet)
        active = self._to.transfers.sheets.active()
        self._progress.finish(told.preview(sheet, active, loss_percent=self._record.loss_percent))
        if self._attempt.time_left() > ENOUGH_TO_TIDY:
            # Told, but not over: nobody is forgotten meanwhile.
            self._to.tidy()
        return self._attempt.save(state="ready", sheet=sheet.id)

    def _repeat(self, known: Sheet) -> Job:
        active = self._to.transfers.sheets.active()
        if active and active.sheet == known.id:
            return self._attempt.end(told.already_active(known), state="repeated", sheet=known.id)
        difference = self._difference(active, self._to.transfers.projects.all(known.id))
        compared = self._to.transfers.sheets.save(msgspec.structs.replace(known, difference=difference))
        message = told.preview(compared, active, repeated=True, loss_percent=self._record.loss_percent)
        return self._attempt.end(message, state="repeated", sheet=known.id)


def _counts(reading: Reading) -> Counts:
    return Counts(
        rows=reading.rows,
        projects=len(reading.projects),
        merged=reading.merged,
        rejected=reading.rejected,
        warned=reading.warned,
    )
