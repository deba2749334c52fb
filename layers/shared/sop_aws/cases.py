"""Cases, their events and what Slack is told: each change is one transaction that someone wins and the others lose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from sop_aws.deliveries import Delivery, Outbox, delivery_item, shard
from sop_aws.runs import Run, RunStore, StaleRun, next_version, run_item
from sop_aws.table import NEW, UNCHANGED, Cancelled, ConditionFailed, Table, attributes, text
from sop_core.cases.case import OVER, Case, CaseEvent
from sop_core.cases.overview import head
from sop_core.cases.words import words_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from sop_aws.table import Item
    from sop_core.cases.overview import CaseHead

WORD_LIMIT: Final = 200
MOST_AT_ONCE: Final = 100
NEVER: Final = "9999"
"""Sorts after every time: a live case with no reminder ahead."""
_AS_READ: Final = f"{UNCHANGED} AND #state = :state"


class Opened(msgspec.Struct, frozen=True):
    """The outcome of opening a case: the stored case and run, and whether the case was there already."""

    case: Case
    run: Run
    repeated: bool


class Card(msgspec.Struct, frozen=True):
    """Where a case's card is in Slack."""

    channel: str
    ts: str


class CaseChanged(Exception):
    """Someone else changed the case first; ``current`` is the case now, ``None`` if there is none."""

    def __init__(self, current: Case | None) -> None:
        """Carry the case as it is, so that the loser can be told who won."""
        super().__init__("the case has changed")
        self.current = current


class CaseIdTaken(Exception):
    """A case of another run has this id."""


class CaseStore:
    """Cases in the cases table; ``outbox`` are the rows that were stored with their changes."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        """Take the client and the name of the cases table."""
        self._table = Table(client, table)
        self._runs = RunStore(client, table)
        self.outbox = Outbox(client, table)

    def open(
        self, case: Case, event: CaseEvent, deliveries: Sequence[Delivery], run: Run, audit: Sequence[Item] = ()
    ) -> Opened:
        """Store a new case, its first event, its deliveries and the run (over the version it was read at), or nothing.

        ``audit`` are entries about the run's end, kept with it.

        A repeat finds the case that is there, whoever has changed it since.

        :raises StaleRun: if the run was saved by someone else since it was read, and no case was opened.
        :raises CaseIdTaken: if another run's case has the id.
        """
        saved = next_version(run)
        run_write = self._table.write(run_item(saved), when=UNCHANGED, version=run.version)
        case_write = self._table.write(case_item(case), when=NEW)
        found_by = [self._table.write(_word_item(word, case)) for word in words_of(case)]
        try:
            kept = [self._table.write(entry) for entry in audit]
            self._table.transact([case_write, *self._story(event, deliveries), run_write, *found_by, *kept])
        except Cancelled as error:
            return self._opened_before(case, run, error)
        return Opened(case=case, run=saved, repeated=False)

    def _opened_before(self, case: Case, run: Run, error: Cancelled) -> Opened:
        stored = self.get(case.id)
        if stored is None:
            raise StaleRun(self._runs.get(run.id)) from error
        if stored.run != run.id:
            raise CaseIdTaken(case.id) from error
        return Opened(case=stored, run=self._runs.get(run.id) or run, repeated=True)

    def change(self, case: Case, event: CaseEvent, deliveries: Sequence[Delivery]) -> Case:
        """Store the next version of a case with its event and deliveries, or nothing.

        :raises CaseChanged: if the stored case is not the version and state that ``event`` came from.
        """
        version, state = case.version - 1, event.from_state or ""
        case_write = self._table.write(case_item(case), when=_AS_READ, version=version, state=state)
        try:
            self._table.transact([case_write, *self._story(event, deliveries)])
        except Cancelled as error:
            current = self.get(case.id)
            # A write whose answer was lost is repeated by the client and then finds itself.
            if current != case:
                raise CaseChanged(current) from error
        return case

    def keep(self, case: Case) -> bool:
        """Store a case whose dates alone were planned anew, over the same version; ``False`` if it has changed."""
        try:
            self._table.put(case_item(case), when=UNCHANGED, version=case.version)
        except ConditionFailed:
            return False
        return True

    def get(self, case_id: str) -> Case | None:
        """Read a case, strongly consistent."""
        item = self._table.get(_pk(case_id), "CASE")
        return None if item is None else _case(item)

    def events(self, case_id: str) -> tuple[CaseEvent, ...]:
        """Read what happened to a case, in order."""
        items = self._table.query("#pk = :pk AND begins_with(#sk, :prefix)", pk=_pk(case_id), prefix="EVENT#")
        return tuple(msgspec.json.decode(text(item, "body"), type=CaseEvent) for item in items)

    def open_for_project(self, project: str) -> tuple[Case, ...]:
        """Read the cases of a project (:func:`project_pk`) that are not closed or voided, newest first."""
        return tuple(case for case in self.for_project(project) if case.state not in OVER)

    def for_project(self, project: str) -> tuple[Case, ...]:
        """Read all cases of a project (:func:`project_pk`), newest first."""
        items = self._table.query("#project_pk = :project", index="by_project", project=project)
        return tuple(reversed([_case(item) for item in items]))

    def with_words(self, wanted: Collection[str]) -> tuple[str, ...]:
        """Return the ids of the cases that are found by every one of these words, the newest first."""
        lists = {word: self._newest_of(word) for word in wanted}
        found = min(lists.values(), key=len, default=[])
        for word, newest in lists.items():
            is_cut_off = len(newest) >= WORD_LIMIT and newest is not found
            also = self._those_of(word, found) if is_cut_off else newest
            found = [place for place in found if place in also]
        return tuple(place.rpartition("#")[2] for place in found)

    def _newest_of(self, word: str) -> list[str]:
        items = self._table.query("#pk = :word", word=f"WORD#{word}", limit=WORD_LIMIT, backwards=True)
        return [text(item, "sk") for item in items]

    def _those_of(self, word: str, places: Sequence[str]) -> set[str]:
        """Return which of these places a word has too, however many newer cases it has."""
        chunks = (places[at : at + MOST_AT_ONCE] for at in range(0, len(places), MOST_AT_ONCE))
        keys = ([(f"WORD#{word}", place) for place in chunk] for chunk in chunks)
        return {text(item, "sk") for chunk in keys for item in self._table.get_many(chunk, "sk")}

    def card(self, case_id: str) -> Card | None:
        """Read where the card of a case is."""
        item = self._table.get(_pk(case_id), "CARD")
        return None if item is None else Card(channel=text(item, "channel"), ts=text(item, "ts"))

    def put_card(self, case_id: str, card: Card) -> None:
        """Record where the card of a case is."""
        self._table.put(attributes(pk=_pk(case_id), sk="CARD", channel=card.channel, ts=card.ts))

    def _story(self, event: CaseEvent, deliveries: Sequence[Delivery]) -> list[TransactWriteItemTypeDef]:
        rows = [self._table.write(delivery_item(row), when=NEW) for row in deliveries]
        return [self._table.write(event_item(event), when=NEW), *rows]


def project_pk(*, project_id: str | None, key: str) -> str:
    """Return what a project's cases are found by: its id, or its key in the sheet where it has none."""
    return f"PROJECT#{project_id or key}"


def case_item(case: Case) -> Item:
    """Return a case as it is stored: its body, what conditions read, and where each index has it."""
    project = case.project
    return attributes(
        pk=_pk(case.id),
        sk="CASE",
        version=case.version,
        state=case.state,
        project_pk=None if project is None else project_pk(project_id=project.project_id, key=project.key),
        opened_at=case.opened_at,
        body=msgspec.json.encode(case).decode(),
        head=msgspec.json.encode(head(case)).decode(),
        owner_pk=f"CASES#{case.owner}",
        owner_at=case.opened_at,
        **queue_place(case),
    )


def waits_at(case: Case | CaseHead) -> str:
    """Return what a list of cases to be done is sorted by: the soonest due first, of one time the oldest."""
    return f"{case.due_at}#{case.opened_at}"


def queue_place(case: Case) -> dict[str, str | None]:
    """Return where the case stands in the queue, and when the sweep has to look at it; over, it leaves ``due``."""
    is_live = case.state not in OVER
    queue = {
        "open": ("OPEN", waits_at(case)),
        "claimed": (f"CLAIMED#{case.assignee}", waits_at(case)),
        "returned": ("RETURNED", waits_at(case)),
        "closed": (f"CLOSED#{case.closed_by}", case.closed_at),
    }.get(case.state, (None, None))
    return {
        "queue_pk": queue[0],
        "queue_at": queue[1],
        "due_pk": f"DUE#{shard(case.id)}" if is_live else None,
        "remind_at": (case.remind_at or NEVER) if is_live else None,
    }


def word_key(word: str, case: Case) -> tuple[str, str]:
    """Return the key of the row by which a word finds a case."""
    return f"WORD#{word}", f"CASE#{case.opened_at}#{case.id}"


def _word_item(word: str, case: Case) -> Item:
    pk, sk = word_key(word, case)
    return attributes(pk=pk, sk=sk)


def event_item(event: CaseEvent) -> Item:
    """Return an event as it is stored."""
    body = msgspec.json.encode(event).decode()
    return attributes(
        pk=_pk(event.case),
        sk=f"EVENT#{event.version:06d}",
        action=event.action,
        body=body,
        day_pk=f"EVENTS#{event.at[:10]}",
        day_at=f"{event.at}#{event.case}#{event.version:06d}",
    )


def _pk(case_id: str) -> str:
    return f"CASE#{case_id}"


def _case(item: Item) -> Case:
    return msgspec.json.decode(text(item, "body"), type=Case)
