"""A small transfer sheet: a project for each of the installer's four answers, and one the sheet cannot tell."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sop_core.transfers.matching import build
from sop_core.transfers.records import Counts, Sheet
from tests.builders.cases import a_project
from tests.builders.people import ADMIN

if TYPE_CHECKING:
    from sop_aws.snapshots import SnapshotStore
    from sop_aws.transfers import TransferStore
    from sop_core.transfers.project import Project

LISTED = a_project()
UNLISTED = a_project(
    key="INF-100002",
    project_id="INF-100002",
    homeowner="Jane Dorsey",
    address="9 Elm Road",
    installer="unlisted",
    transferred_to="Sun Co",
)
ORIGINAL = a_project(
    key="INF-100003",
    project_id="INF-100003",
    homeowner="Otto Nagel",
    address="4 Birch Lane",
    installer="original",
    original_ip="Sun Harbor Energy LLC",
    transferred_to="Stayed with original IP",
    status="Stayed with original IP",
)
NOT_TRANSFERRED = a_project(
    key="INF-100004",
    project_id="INF-100004",
    homeowner="Ana Lima",
    address="5 Oak Court",
    installer="not_transferred",
    transferred_to=None,
)
UNCLEAR = a_project(key="INF-100005", project_id="INF-100005", homeowner="Bo Chen", address="6 Ash Way", installer=None)
PROJECTS = (LISTED, UNLISTED, ORIGINAL, NOT_TRANSFERRED, UNCLEAR)


def load_sheet(
    transfers: TransferStore,
    snapshots: SnapshotStore,
    sheet_id: str,
    *,
    projects: tuple[Project, ...] = PROJECTS,
    uploaded_at: str | None = None,
) -> None:
    """Store a transfer sheet with its search snapshot and activate it; by default it was uploaded just now."""
    at = uploaded_at or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    transfers.projects.put(sheet_id, projects)
    transfers.projects.put_exact(sheet_id, projects)
    transfers.sheets.create(
        Sheet(
            id=sheet_id,
            state="ready",
            version=1,
            uploaded_by=ADMIN,
            uploaded_at=at,
            file_name="Infinity Transfers v1.xlsx",
            file_sha256=sheet_id,
            counts=Counts(rows=len(projects), projects=len(projects)),
            snapshot=snapshots.put(sheet_id, build(projects)),
        )
    )
    active = transfers.sheets.active()
    transfers.sheets.activate(sheet_id, active.version if active else 0, actor=ADMIN, at=at)
