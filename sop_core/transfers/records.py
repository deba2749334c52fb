"""What is remembered of a sheet, and of the jobs with sheets and the customers in them.

The workbook's rows are :mod:`sop_core.transfers.project`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from sop_core.times import parse

if TYPE_CHECKING:
    from datetime import datetime

SheetState = Literal["loading", "ready", "active", "superseded", "discarded", "expiring", "expired"]
JobState = Literal["queued", "running", "ready", "repeated", "refused", "failed", "sent", "forgotten"]
JobKind = Literal["import", "template", "export", "forget"]

FINISHED: frozenset[JobState] = frozenset({"ready", "repeated", "refused", "failed", "sent", "forgotten"})
ACTIVATABLE: tuple[SheetState, ...] = ("ready", "superseded")


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the rows: ``rows`` are ``projects``, ``merged`` and ``rejected``; ``warned`` were kept."""

    rows: int = 0
    projects: int = 0
    merged: int = 0
    rejected: int = 0
    warned: int = 0


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """How a sheet differs from the one that was active when it was read (``against``; ``None``: there was none)."""

    against: str | None = None
    against_version: int = 0
    new: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    fields: dict[str, int] = {}

    @property
    def share_removed(self) -> float:
        """The part of the active sheet's projects that activation would take away."""
        before = self.changed + self.removed + self.unchanged
        return self.removed / before if before else 0.0


class SnapshotRef(msgspec.Struct, frozen=True, kw_only=True):
    """Where the search snapshot of a sheet is and what it must hash to."""

    key: str
    sha256: str
    size: int


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """One uploaded workbook, read and kept. ``version`` guards every change of the record.

    ``columns`` is the header found for each field, ``named`` those of them that an admin had named, ``headers`` what
    there was to choose from.
    """

    id: str
    state: SheetState
    version: int
    uploaded_by: str
    uploaded_at: str
    file_name: str
    file_sha256: str
    file_size: int = 0
    columns: dict[str, str] = {}
    named: dict[str, str] = {}
    headers: tuple[str, ...] = ()
    counts: Counts = Counts()
    problems: dict[str, int] = {}
    difference: Difference = Difference()
    snapshot: SnapshotRef | None = None
    activated_at: str | None = None
    activated_by: str | None = None


class ActiveSheet(msgspec.Struct, frozen=True, kw_only=True):
    """The sheet that agents see; ``version`` counts activations and guards the next one."""

    sheet: str
    version: int
    activated_at: str
    activated_by: str
    uploaded_at: str
    uploaded_by: str
    file_name: str
    file_sha256: str
    counts: Counts
    snapshot: SnapshotRef | None


def days_too_old(active: ActiveSheet, *, fresh_for: int, now: datetime) -> int:
    """Return by how many whole days a sheet is older than the ``fresh_for`` days that it counts as fresh; 0: it is."""
    return max(0, (now - parse(active.uploaded_at)).days - fresh_for)


class ColumnChange(msgspec.Struct, frozen=True, kw_only=True):
    """One change of the columns that admins named (field to header), the ``version``-th."""

    version: int
    before: dict[str, str]
    after: dict[str, str]
    actor: str
    at: str


class Forgotten(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to forget: projects by id, or by key where they have none, and cases by number. No name, no address."""

    projects: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()

    def holds(self, key: str | None) -> bool:
        """Tell whether a project's key, of whatever sheet, is one of the projects."""
        # A row number is added to an id that several rows have.
        return key is not None and (key in self.projects or key.rpartition("#")[0] in self.projects)

    @property
    def reference(self) -> str:
        """What an admin types to confirm: the first project's id, else the first case's number."""
        return next(iter((*self.projects, *self.cases)), "")


class Forgetting(msgspec.Struct, frozen=True, kw_only=True):
    """How far a customer is erased. ``who`` goes once it is done; ``cases`` are the numbers that stay.

    The runs of ``days`` days (the latest first) have been looked at, ``runs`` of them were about the customer.
    ``by_name`` is what the admin is called, ``audit_days`` how long the audit keeps that it was done.
    """

    who: Forgotten = Forgotten()
    cases: tuple[str, ...] = ()
    documents: int = 0
    by_name: str = ""
    audit_days: int = 730
    days: int = 0
    runs: int = 0


class Job(msgspec.Struct, frozen=True, kw_only=True, rename={"kind": "job"}):
    """One upload on its way to a sheet, a workbook on its way to an admin, or a customer to be erased.

    Which of them it is says its ``kind`` (stored as ``job``, as other releases know it).

    ``channel`` and ``ts`` are the progress message, once it is posted; ``report`` is Slack's id of the file that goes
    to the admin (rows with problems, or the workbook that was asked for), from before anybody sees it. Where needed
    columns were not found, ``missing`` are their fields and ``headers`` what the admin may choose from.

    The workbook is ``file_id`` in Slack or, put there by an operator or read before, ``source_key`` in the files bucket
    (``file_name`` is what it was called); without a ``user`` nobody is told. ``sheet`` is the sheet it makes (or, for a
    file seen before, the one it found). More than ``loss_percent`` of the active projects lost is worth a warning.
    ``request`` is the correlation id of the request that asked for it.
    """

    id: str
    user: str
    created_at: str
    file_id: str = ""
    source_key: str | None = None
    file_name: str = ""
    state: JobState = "queued"
    version: int = 1
    attempts: int = 0
    updated_at: str = ""
    channel: str | None = None
    ts: str | None = None
    sheet: str | None = None
    error_kind: str | None = None
    error: str | None = None
    kind: JobKind = "import"
    report: str | None = None
    missing: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    loss_percent: int = 20
    request: str | None = None
    forgetting: Forgetting | None = None
