"""A job of this function, whatever it does: one worker has it at a time, it is tried a few times, its admin is told.

Every job may be cut off anywhere and run again: what its record says is where it goes on.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from sop_core.times import iso
from sop_http.client import UNANSWERED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from functions.import_sheet.progress import Progress
    from sop_aws.times import Clock
    from sop_aws.transfers import TransferStore
    from sop_core.transfers.records import Job, JobKind
    from sop_slack.blocks import Message

ATTEMPTS: Final = 5
LEASE_MARGIN: Final = timedelta(seconds=5)
A_MINUTE: Final = timedelta(minutes=1)


class NotYet(Exception):
    """Others are still at work, or Slack asks to wait: the same goes on later, and this was no attempt."""


class Kind(Protocol):
    """What a job does."""

    def carry_out(self, attempt: Attempt) -> Job:
        """Do it, tell the admin, and return the record as it was saved then.

        :raises NotYet: if it cannot go on now.
        """

    def give_up(self, attempt: Attempt) -> None:
        """Tell the admin that every attempt has failed."""


@dataclass(frozen=True, kw_only=True)
class Worker:
    """Carries out jobs, each by its kind, with a maker of progress messages and the clock it is given."""

    transfers: TransferStore
    kinds: Mapping[JobKind, Kind]
    progress: Callable[[], Progress]
    clock: Clock

    def run(self, job_id: str, *, seconds_left: float) -> Job:
        """Carry one job to its end, or to where it waits for others; raises whatever another attempt may mend.

        :raises sop_aws.jobs.JobBusy: while another worker has it.
        :raises sop_aws.jobs.JobOver: if it was carried to its end before.
        """
        ends = self.clock() + timedelta(seconds=seconds_left)
        record = self.transfers.jobs.begin(job_id, at=iso(self.clock()), until=iso(ends + LEASE_MARGIN))
        attempt, kind = Attempt(self, record, ends), self.kinds[record.kind]
        try:
            return _give_up(attempt, kind) if record.attempts > ATTEMPTS else kind.carry_out(attempt)
        except NotYet:
            return attempt.put_off()
        except BaseException:
            attempt.let_go()
            raise


def _give_up(attempt: Attempt, kind: Kind) -> Job:
    """Record the failure, told or not: an admin whom Slack no longer reaches must not keep the job going."""
    with suppress(*UNANSWERED):
        kind.give_up(attempt)
    return attempt.save(state="failed")


class Attempt:
    """One attempt at a job, by the only worker that has it. ``record`` is the job as it was saved last."""

    def __init__(self, worker: Worker, record: Job, ends: datetime) -> None:
        """Take the job, and when Lambda ends this function."""
        self.record = record
        self.progress = worker.progress()
        self.ends = ends
        self._worker = worker
        self._until = ends + LEASE_MARGIN

    def time_left(self) -> timedelta:
        """Return how long this function may still work."""
        return self.ends - self._worker.clock()

    def greet(self) -> None:
        """Post the progress message, or find the one of an earlier attempt."""
        self.progress.start(self.record)
        if (self.record.channel, self.record.ts) != (self.progress.channel, self.progress.ts):
            self.save(channel=self.progress.channel, ts=self.progress.ts)

    def end(self, message: Message, **changed: object) -> Job:
        """Tell the outcome and save it: whoever is cut off in between tells it again, in the same message."""
        self.progress.finish(message)
        return self.save(**changed)

    def save(self, **changed: object) -> Job:
        """Save what has changed of the record."""
        record = msgspec.structs.replace(self.record, updated_at=iso(self._worker.clock()), **changed)
        self.record = self._worker.transfers.jobs.save(record, until=iso(self._until))
        return self.record

    def put_off(self) -> Job:
        """Give the job back for a minute; this was no attempt."""
        self._until = self._worker.clock() + A_MINUTE
        return self.save(attempts=self.record.attempts - 1)

    def let_go(self) -> None:
        """Give the job back, so that the next attempt need not wait for the lease to end."""
        self.record = self._worker.transfers.jobs.save(self.record, until=iso(self._worker.clock()))
