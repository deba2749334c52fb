"""An uploaded workbook becomes a sheet that is ready to be activated; the active one is never touched.

Every stage may be cut off and run again: the sheet's id is the import's, so a second run writes what the first wrote.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from functions.import_sheet import writing
from functions.import_sheet.files import fetch
from functions.import_sheet.sending import EXPORT, REPORT, TEMPLATE
from functions.import_sheet.traces import NotYet
from functions.import_sheet.workbook import take
from sop_aws.times import iso, parse
from sop_core.forgetting import without
from sop_core.transfers import changes
from sop_core.transfers.columns import applying
from sop_core.transfers.problems import warning
from sop_core.transfers.records import Counts, Forgetting, ImportRecord, Sheet
from sop_core.transfers.sheet import Reading, SheetError
from sop_http.client import UNANSWERED
from sop_slack import columns, forgetting
from sop_slack import transfers as told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from functions.import_sheet.files import SlackFiles, Upload, Workbooks
    from functions.import_sheet.forgetting import Forgetter
    from functions.import_sheet.progress import Progress
    from functions.import_sheet.sending import Sender
    from functions.import_sheet.workbook import Taken
    from sop_aws.forgotten import ForgottenStore
    from sop_aws.snapshots import SnapshotStore
    from sop_aws.times import Clock
    from sop_aws.transfers import TransferStore
    from sop_core.transfers.project import Project
    from sop_core.transfers.records import ActiveSheet, Difference, ImportState
    from sop_slack.blocks import Message

ATTEMPTS: Final = 5
LEASE_MARGIN: Final = timedelta(seconds=5)
KEPT: Final = 5
LEFT_BEHIND: Final = timedelta(days=1)
GRACE: Final = timedelta(days=7)
UNUSED: Final = timedelta(days=90)
LONGEST_STEP: Final = timedelta(minutes=2)
A_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Importer:
    """Carries out imports, with the stores, Slack's files, a maker of progress messages and the clock it is given."""

    transfers: TransferStore
    snapshots: SnapshotStore
    workbooks: Workbooks
    forgotten: ForgottenStore
    files: SlackFiles
    progress: Callable[[], Progress]
    sender: Sender
    forgetter: Forgetter
    clock: Clock

    def run(self, import_id: str, *, seconds_left: float, tidy: Callable[[], None] = lambda: None) -> ImportRecord:
        """Carry one import to its end and tell its admin; raises whatever another attempt may mend.

        ``tidy`` is done once a sheet is ready, while the import still counts as at work: nobody is forgotten meanwhile.

        :raises sop_aws.transfers.ImportBusy: while another worker has it.
        :raises sop_aws.transfers.ImportOver: if it was carried to its end before.
        """
        until = iso(self.clock() + timedelta(seconds=seconds_left) + LEASE_MARGIN)
        record = self.transfers.begin_import(import_id, at=self.now(), until=until)
        if record.job in {"template", "export"}:
            return self._send(record, until)
        work = _Work(self, self.progress(), record, until, tidy)
        try:
            return work.carry_out()
        except BaseException:
            work.let_go()
            raise

    def _send(self, record: ImportRecord, until: str) -> ImportRecord:
        """Send the workbook that was asked for, once."""
        active = self.transfers.active()
        if record.job == "template":
            self.sender.send(record, name=TEMPLATE, content=writing.template(), words=told.TEMPLATE_WORDS)
        elif active is not None:
            # All are read before the first is written: a workbook given up half-way leaves its temporary file behind.
            projects = tuple(self.transfers.all_projects(active.sheet))
            self.sender.send(record, name=EXPORT, content=writing.export(projects), words=told.export_words(active))
        sent = msgspec.structs.replace(record, state="sent", updated_at=self.now())
        return self.transfers.save_import(sent, until=until)

    def tidy(self) -> tuple[str, ...]:
        """Let the rows of sheets that nobody can go back to expire, delete their snapshots; return the sheets' ids.

        While a customer is being forgotten this waits for a later import.
        """
        if any(each.job == "forget" for each in self.transfers.unfinished_imports()):
            # Rows that expire are written as they were read, which may be before the customer was taken out of them.
            return ()
        now = self.clock()
        return self.transfers.retire(
            keep=KEPT,
            expires_at=int((now + GRACE).timestamp()),
            unfinished_before=iso(now - LEFT_BEHIND),
            unused_before=iso(now - UNUSED),
            forget=self.snapshots.delete,
        )

    def now(self) -> str:
        """Return the time as it is stored."""
        return iso(self.clock())


class _Work:
    """One attempt at one import."""

    def __init__(
        self, importer: Importer, progress: Progress, record: ImportRecord, until: str, tidy: Callable[[], None]
    ) -> None:
        self._to = importer
        self._progress = progress
        self._record = record
        self._until = until
        self._tidy = tidy
        self._name: str | None = None

    def carry_out(self) -> ImportRecord:
        if self._record.attempts > ATTEMPTS:
            return self._give_up()
        self._greet()
        try:
            return self._forget() if self._record.job == "forget" else self._import()
        except SheetError as refusal:
            return self._refuse(refusal)

    def _give_up(self) -> ImportRecord:
        """Record the failure, told or not: an admin whom Slack no longer reaches must not keep the import going."""
        with suppress(*UNANSWERED):
            self._greet()
            is_import = self._record.job == "import"
            self._progress.finish(told.failed(self._to.transfers.active()) if is_import else forgetting.stopped())
        return self._save(state="failed")

    def _forget(self) -> ImportRecord:
        """Forget a customer; while others are still at work with what is known of them, try again in a minute."""
        plan = self._record.forgetting or Forgetting()
        try:
            state, message = self._to.forgetter.forget(
                self._record,
                self._progress,
                lambda plan: self._save(forgetting=plan),
                until=parse(self._until) - LONGEST_STEP,
            )
        except NotYet:
            self._until = iso(self._to.clock() + A_MINUTE)
            return self._save(attempts=self._record.attempts - 1)
        self._progress.finish(message)
        # Nothing of the customer is left here either.
        return self._save(state=state, forgetting=Forgetting(cases=(self._record.forgetting or plan).cases))

    def _refuse(self, refusal: SheetError) -> ImportRecord:
        # An import that an operator began has nobody to ask.
        can_choose = bool(refusal.missing and refusal.found and self._record.user)
        message = told.refused(
            refusal.message,
            self._to.transfers.active(),
            name=self._name,
            found=refusal.found,
            choose=self._record.id if can_choose else None,
        )
        return self._end(
            "refused",
            message,
            error_kind=refusal.kind,
            error=refusal.message,
            missing=refusal.missing if can_choose else (),
            headers=refusal.found[: columns.MOST_HEADERS] if can_choose else (),
        )

    def let_go(self) -> None:
        """Give the import back, so that the next attempt need not wait for the lease to end."""
        self._record = self._to.transfers.save_import(self._record, until=self._to.now())

    def _greet(self) -> None:
        self._progress.start(self._record)
        if (self._record.channel, self._record.ts) != (self._progress.channel, self._progress.ts):
            self._save(channel=self._progress.channel, ts=self._progress.ts)

    def _import(self) -> ImportRecord:
        self._progress.show("Fetching the workbook")
        upload = fetch(self._record, self._to.files, self._to.workbooks)
        self._name = upload.name
        digest = hashlib.sha256(upload.content).hexdigest()
        named = self._to.transfers.columns.named()
        known = self._to.transfers.sheet_of_file(digest)
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
        sheet = self._to.transfers.create_sheet(self._new_sheet(upload, digest, taken.reading, named))
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
        if not taken.reading.problems or not self._record.user or self._record.report:
            return
        content = writing.problem_rows(taken)
        rows = len({problem.row for problem in taken.reading.problems})
        file_id = self._to.sender.send(self._record, name=REPORT, content=content, words=told.report_words(rows))
        self._save(report=file_id)

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
        self._to.transfers.put_projects(
            sheet.id, reading.projects, progress=lambda done: self._progress.show("Loading the projects", done, total)
        )
        self._to.transfers.put_exact(sheet.id, reading.projects)
        self._progress.show("Building the search index", total, total)
        snapshot = self._to.snapshots.put(sheet.id, build(reading.projects))
        active = self._to.transfers.active()
        difference = self._difference(active, reading.projects)
        ready = msgspec.structs.replace(sheet, state="ready", snapshot=snapshot, difference=difference)
        return self._to.transfers.save_sheet(ready)

    def _difference(self, active: ActiveSheet | None, projects: Iterable[Project]) -> Difference:
        self._progress.show("Comparing with the active sheet")
        before = self._to.transfers.all_projects(active.sheet) if active else ()
        found = changes.compare(before, projects)
        return changes.summarise(
            found, against=active.sheet if active else None, against_version=active.version if active else 0
        )

    def _tell_ready(self, sheet: Sheet) -> ImportRecord:
        self._to.transfers.remember_file(sheet)
        active = self._to.transfers.active()
        return self._end("ready", told.preview(sheet, active, loss_percent=self._record.loss_percent), sheet=sheet.id)

    def _repeat(self, known: Sheet) -> ImportRecord:
        active = self._to.transfers.active()
        if active and active.sheet == known.id:
            return self._end("repeated", told.already_active(known), sheet=known.id)
        difference = self._difference(active, self._to.transfers.all_projects(known.id))
        compared = self._to.transfers.save_sheet(msgspec.structs.replace(known, difference=difference))
        message = told.preview(compared, active, repeated=True, loss_percent=self._record.loss_percent)
        return self._end("repeated", message, sheet=known.id)

    def _end(
        self,
        state: ImportState,
        message: Message,
        *,
        sheet: str | None = None,
        error_kind: str | None = None,
        error: str | None = None,
        missing: tuple[str, ...] = (),
        headers: tuple[str, ...] = (),
    ) -> ImportRecord:
        # Told first, recorded after: whoever is cut off in between tells it again, in the same message.
        self._progress.finish(message)
        if state == "ready":
            self._tidy()
        return self._save(
            state=state, sheet=sheet, error_kind=error_kind, error=error, missing=missing, headers=headers
        )

    def _save(self, **changed: object) -> ImportRecord:
        record = msgspec.structs.replace(self._record, updated_at=self._to.now(), **changed)
        self._record = self._to.transfers.save_import(record, until=self._until)
        return self._record


def _counts(reading: Reading) -> Counts:
    return Counts(
        rows=reading.rows,
        projects=len(reading.projects),
        merged=reading.merged,
        rejected=reading.rejected,
        warned=reading.warned,
    )
