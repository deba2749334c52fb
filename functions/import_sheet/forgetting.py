"""A customer is forgotten: taken out of the tables, the bucket and Slack, in steps that may each be done again.

The order matters. First nothing new may come in; then goes what is found by the sheet, then the cases, then the sheet
itself. What is posted comes last: by then all that is drawn is drawn from what is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from functions.import_sheet.files import Workbooks
from functions.import_sheet.sending import HOLD_CUSTOMERS
from functions.import_sheet.traces import NotYet, Told, Traces
from sop_aws.audit import AuditStore
from sop_aws.cases import CaseStore
from sop_aws.documents import DocumentStore
from sop_aws.erasing import LONGEST_KEPT, Eraser
from sop_aws.forgotten import ForgottenStore
from sop_aws.people import PeopleStore
from sop_aws.snapshots import SnapshotStore
from sop_aws.times import iso, parse
from sop_aws.transfers import TransferStore
from sop_core.audit import Entry
from sop_core.forgetting import Contact, contact_of, erased_project, name_of
from sop_core.transfers.records import Forgetting
from sop_slack import forgetting as told

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from slack_sdk import WebClient

    from functions.import_sheet.progress import Progress
    from sop_aws.config import ImportConfig
    from sop_aws.times import Clock
    from sop_core.transfers.project import Project
    from sop_core.transfers.records import Forgotten, ImportRecord, Sheet
    from sop_slack.blocks import Message

SHEETS: Final = 100
A_STEP: Final = 30
"""Days of runs after which it is noted how far it is."""
ENDED: Final = frozenset({"closed", "voided"})
AT_WORK: Final = frozenset({"import", "export"})


@dataclass(frozen=True, kw_only=True)
class Forgetter:
    """Forgets customers, with every place where something of them may be."""

    transfers: TransferStore
    forgotten: ForgottenStore
    snapshots: SnapshotStore
    workbooks: Workbooks
    cases: CaseStore
    eraser: Eraser
    documents: DocumentStore
    audit: AuditStore
    traces: Traces
    clock: Clock

    def forget(
        self,
        record: ImportRecord,
        progress: Progress,
        keep: Callable[[Forgetting], ImportRecord],
        *,
        until: datetime,
    ) -> Message:
        """Erase whom a record names and return what is told of it; ``keep`` notes how far it is.

        :raises NotYet: if others are still at work, or it takes longer than ``until``.
        """
        plan = record.forgetting or Forgetting()
        cases = [case for number in plan.cases if (case := self.cases.get(number)) is not None]
        if live := [case.id for case in cases if case.state not in ENDED]:
            # Somebody has re-opened it since the admin asked.
            return told.still_open(live)
        self.forgotten.add(plan.who.projects)
        self._wait_for_workbooks()
        plan = self._runs(record, plan, progress, keep, until=until)
        for done, case in enumerate(cases):
            progress.show("Erasing the cases", done, len(cases))
            self.eraser.case(case.id, actor=record.user, actor_name=plan.by_name, at=record.created_at)
        sheets = self._sheets(plan.who, progress)
        self._late_runs(record, plan)
        self._wait_for_workbooks()
        self._wait_for_messages(plan)
        self.workbooks.delete_all()
        found = {case.id: self._posted(case.id, progress) for case in cases}
        outcome = told.Outcome(
            messages=sum(each.messages for each in found.values()),
            sheets=sheets,
            files=self.traces.erase_files(HOLD_CUSTOMERS),
            replies=tuple(number for number, each in found.items() if each.replies),
            refused=tuple(number for number, each in found.items() if each.refused),
        )
        self._audit(record, plan)
        return told.forgotten(plan, outcome, at=iso(self.clock()))

    def _runs(
        self,
        record: ImportRecord,
        plan: Forgetting,
        progress: Progress,
        keep: Callable[[Forgetting], ImportRecord],
        *,
        until: datetime,
    ) -> Forgetting:
        today = parse(record.created_at).date()
        contact = contact_of(project for sheet in self._kept() for project in self._of(sheet, plan.who))
        while plan.days <= LONGEST_KEPT:
            progress.show("Looking through the procedures that were run", plan.days, LONGEST_KEPT)
            for _ in range(A_STEP):
                day = (today - timedelta(days=plan.days)).isoformat()
                count = self.eraser.runs_on(day, plan.who, contact, at=record.created_at)
                plan = replace(plan, days=plan.days + 1, runs=plan.runs + count)
            keep(plan)
            if self.clock() > until:
                raise NotYet
        return plan

    def _sheets(self, who: Forgotten, progress: Progress) -> int:
        """Take the people out of every sheet that is kept; return how many sheets had them."""
        had = 0
        for sheet in self._kept():
            progress.show("Erasing from the transfer sheets")
            theirs = self._of(sheet, who)
            had += bool(theirs)
            if any(erased_project(project) != project for project in theirs):
                self._sheet(sheet, theirs)
        return had

    def _sheet(self, sheet: Sheet, theirs: list[Project]) -> None:
        if sheet.snapshot is not None and sheet.state != "expired":
            from sop_core.transfers.matching import build  # noqa: PLC0415  (numpy is needed for nothing else here)

            keys = {project.key for project in theirs}
            left = [erased_project(p) if p.key in keys else p for p in self.transfers.all_projects(sheet.id)]
            snapshot = self.snapshots.put(sheet.id, build(left), beside=True)
            self.transfers.put_snapshot(sheet, snapshot)
            self.snapshots.delete(sheet.id, but=snapshot.key)
        for project in theirs:
            self.forgotten.erase(sheet, project)

    def _kept(self) -> tuple[Sheet, ...]:
        return self.transfers.history(limit=SHEETS)

    def _of(self, sheet: Sheet, who: Forgotten) -> list[Project]:
        if not who.projects:
            return []
        return [project for project in self.transfers.all_projects(sheet.id) if name_of(project) in who.projects]

    def _late_runs(self, record: ImportRecord, plan: Forgetting) -> None:
        """Look once more at the days since it was asked for: somebody may have called meanwhile."""
        day, today = parse(record.created_at).date(), self.clock().date()
        while day <= today:
            self.eraser.runs_on(day.isoformat(), plan.who, Contact(), at=record.created_at)
            day += timedelta(days=1)

    def _wait_for_workbooks(self) -> None:
        """Go on once no import or export is left that began with what was there before; raises :class:`NotYet`."""
        if any(other.job in AT_WORK for other in self.transfers.unfinished_imports()):
            raise NotYet

    def _wait_for_messages(self, plan: Forgetting) -> None:
        """Go on once no message of the cases is on its way that was drawn before; raises :class:`NotYet`."""
        if any(self.cases.pending(number) for number in plan.cases):
            raise NotYet

    def _posted(self, number: str, progress: Progress) -> Told:
        progress.show("Erasing from Slack")
        self.documents.delete(number)
        case = self.cases.get(number)
        return self.traces.erase(case, self.cases.events(number), self.cases.card(number)) if case else Told()

    def _audit(self, record: ImportRecord, plan: Forgetting) -> None:
        entry = Entry(
            at=record.created_at,
            id=f"{record.id}#erased",
            kind="erasure",
            actor=record.user,
            action="forgot a customer",
            subject=record.id,
            detail=", ".join((*plan.cases, f"runs: {plan.runs}")),
        )
        self.audit.add(entry, keep_days=plan.audit_days)


def make_forgetter(
    config: ImportConfig, *, database: DynamoDBClient, storage: S3Client, slack: WebClient, clock: Clock
) -> Forgetter:
    """Return what forgets customers in the tables and the bucket of a deployment, and in Slack."""
    people = PeopleStore(database, config.cases_table, clock)
    return Forgetter(
        transfers=TransferStore(database, config.transfers_table),
        forgotten=ForgottenStore(database, config.transfers_table),
        snapshots=SnapshotStore(storage, config.files_bucket),
        workbooks=Workbooks(storage, config.files_bucket),
        cases=CaseStore(database, config.cases_table),
        eraser=Eraser(database, config.cases_table),
        documents=DocumentStore(storage, config.files_bucket),
        audit=AuditStore(database, config.cases_table),
        traces=Traces(slack, name_of=people.name_of),
        clock=clock,
    )
