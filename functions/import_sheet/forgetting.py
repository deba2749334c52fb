"""A customer is forgotten: taken out of the tables, the bucket and Slack, in steps that may each be done again.

The order matters. First nothing new may come in; then goes what is found by the sheet, then the sheet itself, then
the cases, also those that were opened meanwhile. What is posted comes last: by then all that is drawn is drawn from
what is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from functions.import_sheet.files import Workbooks
from functions.import_sheet.jobs import LEASE_MARGIN, NotYet
from functions.import_sheet.sending import HOLD_CUSTOMERS
from functions.import_sheet.traces import Told, Traces
from sop_aws.audit import AuditStore
from sop_aws.cases import CaseStore, project_pk
from sop_aws.documents import DocumentStore
from sop_aws.erasing import LONGEST_KEPT, Eraser
from sop_aws.forgotten import ForgottenStore
from sop_aws.people import PeopleStore
from sop_aws.snapshots import SnapshotStore
from sop_aws.transfers import TransferStore
from sop_core.audit import Entry
from sop_core.cases.case import OVER, Case
from sop_core.forgetting import Contact, contact_of, erased_project, name_of
from sop_core.times import days, iso, parse
from sop_core.transfers.records import Forgetting
from sop_slack import forgetting as told

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from slack_sdk import WebClient

    from functions.import_sheet.jobs import Attempt
    from functions.import_sheet.progress import Progress
    from sop_aws.config import ImportConfig
    from sop_aws.times import Clock
    from sop_core.transfers.project import Project
    from sop_core.transfers.records import Forgotten, Job, JobState, Sheet
    from sop_slack.blocks import Message

SHEETS: Final = 100
LONGEST_STEP: Final = timedelta(minutes=2)
A_STEP: Final = 30
"""Days of runs after which it is noted how far it is."""
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

    def carry_out(self, attempt: Attempt) -> Job:
        """Erase whom a job names, and tell what was erased and what is left.

        :raises NotYet: if others are still at work, or there is no time left.
        """
        attempt.greet()
        self._take_turn(attempt)
        ended = self._forget(attempt)
        self._end_turn(attempt)
        return ended

    def give_up(self, attempt: Attempt) -> None:
        """Say that it stopped for a reason of ours."""
        self._end_turn(attempt)
        attempt.greet()
        attempt.progress.finish(told.stopped())

    def _take_turn(self, attempt: Attempt) -> None:
        """Let one customer be forgotten after the other: both rewrite the same sheets; raises :class:`NotYet`."""
        until = iso(attempt.ends + LEASE_MARGIN)
        if not self.forgotten.take_turn(attempt.record.id, at=iso(self.clock()), until=until):
            raise NotYet

    def _end_turn(self, attempt: Attempt) -> None:
        self.forgotten.end_turn(attempt.record.id, at=iso(self.clock()))

    def _forget(self, attempt: Attempt) -> Job:
        plan = _plan(attempt)
        live = [case.id for case in self._stored(plan.cases) if case.state not in OVER]
        if live and plan.days == 0 and attempt.record.attempts <= 1:
            # Somebody has re-opened it since the admin asked.
            return _end(attempt, "refused", told.still_open(live))
        self.forgotten.add(plan.who.projects)
        self._wait_for_workbooks()
        self._runs(attempt)
        sheets = self._sheets(plan.who, attempt.progress)
        self._since(attempt)
        cases = self._cases(attempt)
        erased = tuple(case.id for case in cases if case.erased_at)
        self._wait_for_workbooks()
        self._wait_for_messages(erased)
        self.workbooks.delete_all()
        found = {number: self._posted(number, attempt.progress) for number in erased}
        left = [case for case in cases if not case.erased_at]
        plan = _plan(attempt)
        outcome = told.Outcome(
            cases=erased,
            documents=max(0, plan.documents - sum(len(case.documents) for case in left)),
            messages=sum(each.messages for each in found.values()),
            sheets=sheets,
            files=self.traces.erase_files(HOLD_CUSTOMERS),
            replies=tuple(number for number, each in found.items() if each.replies),
            refused=tuple(number for number, each in found.items() if each.refused),
            live=tuple(case.id for case in left),
        )
        self._audit(attempt.record, plan, outcome)
        message = told.forgotten(plan, outcome, at=iso(self.clock()))
        return _end(attempt, "refused" if left else "forgotten", message)

    def _stored(self, numbers: Iterable[str]) -> list[Case]:
        return [case for number in numbers if (case := self.cases.get(number)) is not None]

    def _cases(self, attempt: Attempt) -> list[Case]:
        """Erase the cases that are over; return all of them as they are then."""
        plan, record = _plan(attempt), attempt.record
        found = []
        for done, number in enumerate(plan.cases):
            attempt.progress.show("Erasing the cases", done, len(plan.cases))
            case = self.eraser.case(number, actor=record.user, actor_name=plan.by_name, at=record.created_at)
            found += [case] if case else []
        return found

    def _runs(self, attempt: Attempt) -> None:
        plan, asked_at = _plan(attempt), attempt.record.created_at
        contact = contact_of(project for sheet in self._kept() for project in self._of(sheet, plan.who))
        while plan.days <= LONGEST_KEPT:
            attempt.progress.show("Looking through the procedures that were run", plan.days, LONGEST_KEPT, "days")
            for _ in range(A_STEP):
                day = (parse(asked_at).date() - timedelta(days=plan.days)).isoformat()
                found = self.eraser.runs_on(day, plan.who, contact, at=asked_at)
                plan = replace(plan, days=plan.days + 1, runs=plan.runs + len(found))
            attempt.save(forgetting=plan)
            if attempt.time_left() < LONGEST_STEP:
                raise NotYet

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
            left = [erased_project(p) if p.key in keys else p for p in self.transfers.projects.all(sheet.id)]
            snapshot = self.snapshots.put(sheet.id, build(left), beside=True)
            self.transfers.sheets.put_snapshot(sheet, snapshot)
            self.snapshots.delete(sheet.id, but=snapshot.key)
        for project in theirs:
            self.forgotten.erase(sheet, project)

    def _kept(self) -> tuple[Sheet, ...]:
        return self.transfers.sheets.history(limit=SHEETS)

    def _of(self, sheet: Sheet, who: Forgotten) -> list[Project]:
        if not who.projects:
            return []
        return [project for project in self.transfers.projects.all(sheet.id) if name_of(project) in who.projects]

    def _since(self, attempt: Attempt) -> None:
        """Look once more at what was done since it was asked for: a case may have been opened meanwhile."""
        plan, asked_at = _plan(attempt), attempt.record.created_at
        numbers: list[str | None] = []
        for day in days(asked_at[:10], iso(self.clock())[:10]):
            runs = self.eraser.runs_on(day, plan.who, Contact(), at=asked_at)
            numbers += [run.case for run in runs if run.started_at >= asked_at]
        for name in plan.who.projects:
            numbers += [case.id for case in self.cases.for_project(project_pk(project_id=name, key=name))]
        found = self._stored(number for number in dict.fromkeys(numbers) if number and number not in plan.cases)
        # A call that was found by how the customer is reached may be about another project.
        late = [case for case in found if case.project is None or name_of(case.project) in plan.who.projects]
        if late:
            documents = plan.documents + sum(len(case.documents) for case in late)
            attempt.save(
                forgetting=replace(plan, cases=(*plan.cases, *(case.id for case in late)), documents=documents)
            )

    def _wait_for_workbooks(self) -> None:
        """Go on once no import or export is left that began with what was there before; raises :class:`NotYet`."""
        if any(other.kind in AT_WORK for other in self.transfers.jobs.unfinished()):
            raise NotYet

    def _wait_for_messages(self, numbers: Iterable[str]) -> None:
        """Go on once no message of the cases is on its way that was drawn before; raises :class:`NotYet`."""
        if any(self.cases.outbox.pending(number) for number in numbers):
            raise NotYet

    def _posted(self, number: str, progress: Progress) -> Told:
        progress.show("Erasing from Slack")
        self.documents.delete(number)
        case = self.cases.get(number)
        return self.traces.erase(case, self.cases.events(number), self.cases.card(number)) if case else Told()

    def _audit(self, record: Job, plan: Forgetting, outcome: told.Outcome) -> None:
        entry = Entry(
            at=record.created_at,
            id=f"{record.id}#erased",
            kind="erasure",
            actor=record.user,
            action="forgot part of a customer" if outcome.live else "forgot a customer",
            subject=record.id,
            detail=", ".join((*outcome.cases, f"runs: {plan.runs}")),
        )
        self.audit.add(entry, keep_days=plan.audit_days)


def _plan(attempt: Attempt) -> Forgetting:
    return attempt.record.forgetting or Forgetting()


def _end(attempt: Attempt, state: JobState, message: Message) -> Job:
    # Nothing of the customer is left in the job either.
    return attempt.end(message, state=state, forgetting=Forgetting(cases=_plan(attempt).cases))


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
