"""Taking a customer out of the cases table: their cases, the runs about them, what the audit says of those."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec

from sop_aws.audit import LAST, audit_body, day_pk
from sop_aws.cases import CaseStore, case_item, event_item, word_key
from sop_aws.runs import Run, erased_run, run_item, run_pk, without_search
from sop_aws.table import NEW, UNCHANGED, Cancelled, ConditionFailed, Contended, Table, text
from sop_core.audit import Entry
from sop_core.cases.case import OVER
from sop_core.cases.words import words_of
from sop_core.forgetting import erased_case, erased_entry, erased_event
from sop_core.times import days

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

        One that is not over is returned as it is.

        :raises sop_aws.table.Contended: if others kept changing it.
        """
        for _ in range(TRIES):
            case = self._cases.get(case_id)
            if case is None or (case.state not in OVER and not case.erased_at):
                return case
            if not case.erased_at and (case := self._erased(case, actor=actor, actor_name=actor_name, at=at)) is None:
                # Somebody wrote a note, or re-opened it, in this very moment.
                continue
            # After the case, to which nothing can be added any more; what was cut off here is done by the next attempt.
            for event in self._cases.events(case_id):
                if (erased := erased_event(event)) != event:
                    self._table.put(event_item(erased))
            return case
        raise Contended

    def _erased(self, case: Case, *, actor: str, actor_name: str, at: str) -> Case | None:
        """Erase a case together with its words, which nothing would lead to any more; ``None`` if it has changed."""
        erased, told = erased_case(case, actor=actor, actor_name=actor_name, at=at)
        writes = [
            self._table.write(case_item(erased), when=UNCHANGED, version=case.version),
            self._table.write(event_item(told), when=NEW),
            *(self._table.removal(*word_key(word, case)) for word in words_of(case)),
        ]
        try:
            self._table.transact(writes)
        except Cancelled:
            return None
        return erased

    def runs_on(self, day: str, who: Forgotten, contact: Contact, *, at: str) -> tuple[Run, ...]:
        """Erase the runs of a day (UTC) that are about ``who``; return those, erased now or before at ``at``."""
        found = []
        for run in self._runs(day):
            if run.erased_at == at or (not run.erased_at and _is_about(run, who, contact)):
                # The run first: from then on no answer comes in, and it tells which its entries are.
                erased = self._change(run.id, lambda now: None if now.erased_at else erased_run(now, at=at))
                if erased:
                    self._entries(erased)
                    found.append(erased)
            elif any(map(who.holds, run.candidates)):
                self._change(run.id, lambda now: without_search(now) if any(map(who.holds, now.candidates)) else None)
        return tuple(found)

    def _runs(self, day: str) -> Iterator[Run]:
        items = self._table.query("#day_pk = :day", index="by_day", day=f"RUNS#{day}")
        yield from (msgspec.json.decode(text(item, "body"), type=Run) for item in items)

    def _change(self, run_id: str, edit: Callable[[Run], Run | None]) -> Run | None:
        """Change a run as it is now; return it as it is then, ``None`` if it is gone."""
        for _ in range(TRIES):
            item = self._table.get(run_pk(run_id), "RUN")
            run = msgspec.json.decode(text(item, "body"), type=Run) if item else None
            changed = edit(run) if run else None
            if not changed:
                return run
            with suppress(ConditionFailed):
                self._table.put(run_item(changed), when=UNCHANGED, version=changed.version - 1)
                return changed
        raise Contended

    def _entries(self, run: Run) -> None:
        """Erase what the audit says of a run, from its beginning to its latest answer or its end."""
        end = max(run.updated_at, run.ended_at or "")
        for day in days(run.started_at[:10], end[:10]):
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
