"""Jobs with the transfer sheets, in DynamoDB: one worker has each at a time, the sweep finds it until it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import uuid4

import msgspec

from sop_aws.table import NEW, UNCHANGED, Cancelled, ConditionFailed, StaleRecord, attributes, text
from sop_core.transfers.records import FINISHED, Job

if TYPE_CHECKING:
    from sop_aws.table import Item, Table, Writes

INDEX: Final = "pending"
PENDING: Final = "PENDING#IMPORT"


class UnknownJob(LookupError):
    """There is no job of that id."""


class JobBusy(Exception):
    """The job is being worked on by someone else until its lease ends."""


class JobOver(Exception):
    """The job was carried to its end before."""


class JobStore:
    """One upload on its way to a sheet, a workbook on its way to an admin, or a customer to be erased."""

    def __init__(self, table: Table) -> None:
        """Take the transfers table."""
        self._table = table

    def create(self, job: Job, *, also: Writes = ()) -> Job:
        """Store a new job, visible to the sweep at once, in one transaction with the writes ``also``.

        For one that is there already nothing is written, and the stored one returned.
        """
        try:
            item = _item(job, pending_at=job.created_at)
            self._table.transact([self._table.write(item, when=NEW), *also])
        except Cancelled:
            return self.get(job.id) or job
        return job

    def get(self, job_id: str) -> Job | None:
        """Return a job, read consistently."""
        item = self._table.get(*_key(job_id))
        return _job(item) if item else None

    def begin(self, job_id: str, *, at: str, until: str) -> Job:
        """Take the job for oneself until the time given.

        :raises JobBusy: while another worker has it.
        :raises JobOver: if nothing is left to do.
        """
        job = self.get(job_id)
        if job is None:
            raise UnknownJob(job_id)
        if job.state in FINISHED:
            raise JobOver(job_id)
        begun = msgspec.structs.replace(
            job, state="running", attempts=job.attempts + 1, version=job.version + 1, updated_at=at
        )
        is_free = f"{UNCHANGED} AND #pending_at <= :now"
        # The holder tells two workers apart who begin in the same second.
        item = {**_item(begun, pending_at=until), "holder": {"S": uuid4().hex}}
        try:
            self._table.put(item, when=is_free, version=job.version, now=at)
        except ConditionFailed as error:
            # A write whose answer was lost is repeated by the client and then finds itself.
            if self._table.get(*_key(job_id)) != item:
                raise JobBusy(job_id) from error
        return begun

    def save(self, job: Job, *, until: str) -> Job:
        """Store a change of a job that one holds; a finished one leaves the sweep's index."""
        changed = msgspec.structs.replace(job, version=job.version + 1)
        self._table.replace(_item(changed, pending_at=until), seen=job.version)
        return changed

    def requeue(self, job_id: str, *, at: str) -> Job:
        """Let an import that was refused for its columns begin again; one that goes on already is left alone."""
        job = self.get(job_id)
        if job is None:
            raise UnknownJob(job_id)
        if not job.missing:
            return job
        again = msgspec.structs.replace(
            job, state="queued", attempts=0, updated_at=at, error=None, error_kind=None, missing=(), headers=()
        )
        try:
            return self.save(again, until=at)
        except StaleRecord:
            return self.get(job_id) or again

    def unfinished(self) -> tuple[Job, ...]:
        """Return every job that is not over, whoever works on it."""
        return tuple(_job(item) for item in self._table.query("#pending_pk = :pk", index=INDEX, pk=PENDING))

    def due(self, now: str, limit: int = 25) -> tuple[Job, ...]:
        """Return unfinished jobs that nobody is working on, oldest first: the sweep wakes them."""
        when = "#pending_pk = :pk AND #pending_at <= :now"
        return tuple(_job(item) for item in self._table.query(when, limit=limit, index=INDEX, pk=PENDING, now=now))


def _job(item: Item) -> Job:
    return msgspec.json.decode(text(item, "body"), type=Job)


def _key(job_id: str) -> tuple[str, str]:
    return f"IMPORT#{job_id}", "IMPORT"


def _item(job: Job, *, pending_at: str) -> Item:
    pk, sk = _key(job.id)
    waits = job.state not in FINISHED
    return attributes(
        pk=pk,
        sk=sk,
        version=job.version,
        state=job.state,
        body=msgspec.json.encode(job).decode(),
        pending_pk=PENDING if waits else None,
        pending_at=pending_at if waits else None,
    )
