"""Runs: one agent's way through one procedure, saved after every answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec

from sop_aws.table import NEW, UNCHANGED, Cancelled, ConditionFailed, Table, attributes, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from sop_aws.table import Item

Source = Literal["agent", "sheet", "groups", "store"]

LISTS: Final = {"active": "RUNS", "done": "ENDED"}
"""The lists of their owner that runs are in, by state."""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A run. ``version`` counts saves and guards them; ``expires_at`` is in epoch seconds; times are UTC ISO 8601.

    ``procedure_version`` and ``procedure_digest`` are of the version it began with, under which it is replayed.
    ``updated_at`` is when the latest answer was given, ``ended_at`` when the run was finished. ``page`` is the page of
    a long form that the agent has come to, ``language`` the one that scripts are shown in beside English.
    The ``candidates`` are the keys of what fits ``query``, ``candidate_whys`` what fitted of each; where they
    ``are_weak``, nothing fits it well.
    ``seen`` are the latest interactions that were applied, so that a replayed request changes nothing, and
    ``clicked_at`` is Slack's time of the latest of them (epoch seconds), so that an older one undoes nothing.
    From ``erased_at`` on nothing is left in it of the customer whom it was about.
    """

    id: str
    version: int
    owner: str
    owner_name: str = ""
    procedure: str
    procedure_version: str
    procedure_digest: str = ""
    state: Literal["active", "done", "abandoned"]
    started_at: str
    updated_at: str
    ended_at: str | None = None
    expires_at: int
    facts: dict[str, str | tuple[str, ...]] = {}
    sources: dict[str, Source] = {}
    notes: dict[str, str] = {}
    project_key: str | None = None
    sheet: str | None = None
    query: str | None = None
    candidates: tuple[str, ...] = ()
    candidate_whys: tuple[str, ...] = ()
    are_weak: bool = False
    case: str | None = None
    disposition: str | None = None
    page: int = 0
    language: str = ""
    seen: tuple[str, ...] = ()
    clicked_at: float = 0
    is_sheet_unreadable: bool = False
    erased_at: str | None = None

    @property
    def is_begun(self) -> bool:
        """Whether anything was answered in it; else its agent only looked somebody up."""
        return bool(self.seen) or self.state == "done"


class RunHead(msgspec.Struct, frozen=True):
    """A run in one line."""

    id: str
    procedure: str
    started_at: str
    updated_at: str


class StaleRun(Exception):
    """The run was saved by someone else meanwhile; ``current`` is what is stored, ``None`` if it is gone."""

    def __init__(self, current: Run | None) -> None:
        """Carry what is stored, so that the screen can show it."""
        super().__init__("the run has changed")
        self.current = current


class RunStore:
    """Runs in the cases table."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        """Take the client and the name of the cases table."""
        self._table = Table(client, table)

    def create(self, run: Run, audit: Sequence[Item] = ()) -> Run:
        """Store a new run with its entries of the audit; the same run again is no error.

        :raises StaleRun: if another run has its id.
        """
        try:
            self._put(run, audit, when=NEW)
        except (ConditionFailed, Cancelled) as error:
            self._check_ours(run, error)
        return run

    def get(self, run_id: str) -> Run | None:
        """Read a run, strongly consistent."""
        item = self._table.get(run_pk(run_id), "RUN")
        return None if item is None else msgspec.json.decode(text(item, "body"), type=Run)

    def save(self, run: Run, audit: Sequence[Item] = ()) -> Run:
        """Store ``run`` over the version it was read at, with its entries of the audit or not at all; return it then.

        :raises StaleRun: if it was saved by someone else since.
        """
        saved = next_version(run)
        try:
            self._put(saved, audit, when=UNCHANGED, version=run.version)
        except (ConditionFailed, Cancelled) as error:
            self._check_ours(saved, error)
        return saved

    def _put(self, run: Run, audit: Sequence[Item], *, when: str, **values: str | int) -> None:
        if not audit:
            self._table.put(run_item(run), when=when, **values)
            return
        run_write = self._table.write(run_item(run), when=when, **values)
        self._table.transact([run_write, *(self._table.write(entry) for entry in audit)])

    def _check_ours(self, wanted: Run, error: ConditionFailed | Cancelled) -> None:
        # A write whose answer was lost is repeated by the client and then finds itself.
        current = self.get(wanted.id)
        if current != wanted:
            raise StaleRun(current) from error


def erased_run(run: Run, *, at: str) -> Run:
    """Return a run without the customer: who ran which procedure, when, and what case it opened."""
    return Run(
        id=run.id,
        version=run.version + 1,
        owner=run.owner,
        owner_name=run.owner_name,
        procedure=run.procedure,
        procedure_version=run.procedure_version,
        procedure_digest=run.procedure_digest,
        state="abandoned" if run.state == "active" else run.state,
        started_at=run.started_at,
        updated_at=run.updated_at,
        ended_at=run.ended_at,
        expires_at=run.expires_at,
        sheet=run.sheet,
        case=run.case,
        disposition=run.disposition,
        seen=run.seen,
        erased_at=at,
    )


def without_search(run: Run) -> Run:
    """Return a run without what was searched for and found: somebody else was chosen, or nobody."""
    return msgspec.structs.replace(run, version=run.version + 1, query=None, candidates=(), candidate_whys=())


def next_version(run: Run) -> Run:
    """Return the run as the next save stores it."""
    return msgspec.structs.replace(run, version=run.version + 1)


def run_pk(run_id: str) -> str:
    """Return the partition key of a run."""
    return f"RUN#{run_id}"


def run_item(run: Run) -> Item:
    """Return a run as it is stored."""
    # Sparse: a run that was given up, or in which somebody was only looked up, is in nobody's list.
    listed = LISTS.get(run.state) if run.is_begun else None
    return attributes(
        pk=run_pk(run.id),
        sk="RUN",
        version=run.version,
        state=run.state,
        expires_at=run.expires_at,
        body=msgspec.json.encode(run).decode(),
        head=msgspec.json.encode(RunHead(run.id, run.procedure, run.started_at, run.updated_at)).decode(),
        owner_pk=f"{listed}#{run.owner}" if listed else None,
        owner_at=(run.ended_at or run.updated_at) if listed else None,
        day_pk=f"RUNS#{run.started_at[:10]}",
        day_at=f"{run.started_at}#{run.id}",
    )
