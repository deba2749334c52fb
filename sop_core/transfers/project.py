"""A project of the transfer sheet (tab ``All Projects``), normalised."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

TAB: Final = "All Projects"
Installer = Literal["listed", "original", "unlisted", "not_transferred"]


class Project(msgspec.Struct, frozen=True, gc=False):
    """One accepted row; ``None`` where the sheet has nothing.

    Dates are ISO (``2023-09-14``), phones ten digits, ZIPs five.

    ``key`` identifies the project within its sheet: the project id where that is unique, else the id or content.
    ``installer`` is INF-7's question, answered from the sheet; ``None`` where the sheet cannot tell.
    ``conflict``: other rows say something else of the same project id, so none of them proves anything.
    """

    key: str
    row: int
    project_id: str | None = None
    homeowner: str | None = None
    co_homeowner: str | None = None
    address: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    phone: str | None = None
    email: str | None = None
    original_ip: str | None = None
    transferred_to: str | None = None
    transfer_date: str | None = None
    status: str | None = None
    milestone: str | None = None
    installer: Installer | None = None
    conflict: bool = False
