"""Taking a customer out of the cases table: their cases, the runs about them, what the audit says of those."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from sop_aws.audit import LAST, audit_body, day_pk
from sop_aws.cases import CaseStore, case_item, event_item, word_key
from sop_aws.runs import NEW, UNCHANGED, Run, erased_run, run_item, run_pk, without_search
from sop_aws.table import Cancelled, ConditionFailed, Contended, Table, text
from sop_aws.times import parse
from sop_core.audit import Entry
from sop_core.cases.words import words_of
from sop_core.forgetting import erased_case, erased_entry, erased_event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from sop_core.cases.case import Case
    from sop_core.forgetting import Contact
    from sop_core.transfers.records import Forgotten

LONGEST_KEPT: Final = 1095
"""Days that a run can be kept at most, by the setting."""
TRIES: Final = 6


class Eraser:
    """Erases in the cases table. Every step may be cut off and done again: what is erased already stays as it is."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        """Take the client and the name of the cases table."""
        self._table = Table(client, table)
        self._cases = CaseStore(client, table)

    def case(self, case_id: str, *, actor: str, actor_name: str, at: str) -> Case | None:
        """Erase a case that is over, its events and the words it is found by; return it as it is then.

        :raises sop_aws.table.Contended: if others kept changing it.
        """
        for _ in range(TRIES):
            case = self._cases.get(case_id)
            if case is None or case.erased_at:
                return case
            # The case last: what is found by it is found again after a crash.
            for word in words_of(case):
                self._table.delete(*word_key(word, case))
            for event in self._cases.events(case_id):
                self._table.put(event_item(erased_event(event)))
            erased, told = erased_case(case, actor=actor, actor_name=actor_name, at=at)
            write = self._table.write(case_item(erased), when=UNCHANGED, version=case.version)
            try:
                self._table.transact([write, self._table.write(event_item(told), when=NEW)])
            except Cancelled:
                # Somebody wrote a note in this very moment.
                continue
            return erased
        raise Contended

    def runs_on(self, day: str, who: Forgotten, contact: Contact, *, at: str) -> int:
        """Erase the runs of a day (UTC) that are about ``who``; return how many are, erased now or before at ``at``."""
        count = 0
        for run in self._runs(day):
            if run.erased_at:
                count += run.erased_at == at
            elif _is_about(run, who, contact):
                # The entries first: the run tells which they are.
                self._entries(run)
                self._change(run.id, lambda now: None if now.erased_at else erased_run(now, at=at))
                count += 1
            elif any(map(who.holds, run.candidates)):
                self._change(run.id, lambda now: without_search(now) if any(map(who.holds, now.candidates)) else None)
        return count

    def _runs(self, day: str) -> Iterator[Run]:
        items = self._table.query("#day_pk = :day", index="by_day", day=f"RUNS#{day}")
        yield from (msgspec.json.decode(text(item, "body"), type=Run) for item in items)

    def _change(self, run_id: str, edit: Callable[[Run], Run | None]) -> None:
        for _ in range(TRIES):
            item = self._table.get(run_pk(run_id), "RUN")
            changed = item and edit(msgspec.json.decode(text(item, "body"), type=Run))
            if not changed:
                return
            with suppress(ConditionFailed):
                self._table.put(run_item(changed), when=UNCHANGED, version=changed.version - 1)
                return
        raise Contended

    def _entries(self, run: Run) -> None:
        """Erase what the audit says of a run, from its beginning to its latest answer or its end."""
        end = max(run.updated_at, run.ended_at or "")
        for day in _days(run.started_at, end):
            items = self._table.query(
                "#pk = :day AND #sk BETWEEN :low AND :high",
                day=day_pk(day),
                low=run.started_at,
                high=f"{end}{LAST}",
            )
            for item in items:
                entry = msgspec.json.decode(text(item, "body"), type=Entry)
                erased = erased_entry(entry)
                if entry.subject == run.id and erased != entry:
                    self._table.put(item | audit_body(erased))


def _is_about(run: Run, who: Forgotten, contact: Contact) -> bool:
    return run.case in who.cases or who.holds(run.project_key) or contact.is_in(run.notes)


def _days(start: str, end: str) -> Iterator[str]:
    day, last = parse(start).date(), parse(end).date()
    while day <= last:
        yield day.isoformat()
        day += timedelta(days=1)
