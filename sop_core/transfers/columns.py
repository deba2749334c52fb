"""Which column is which: headers found by name, in any order, below any titles."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from sop_core.transfers.cells import Cell, text_of
from sop_core.transfers.words import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADER_ROWS: Final = 20
NEEDED: Final = ("project_id", "homeowner", "address", "transferred_to")

# First the name in the workbook the SOP speaks of, then what the same column is called elsewhere.
SYNONYMS: Final[dict[str, tuple[str, ...]]] = {
    "project_id": (
        "Project ID",
        "Project No",
        "Project Number",
        "Project",
        "Proj ID",
        "Proj No",
        "Job ID",
        "Job Number",
        "Job No",
        "Job",
        "Infinity ID",
        "Infinity Project ID",
        "INF ID",
        "ID",
        "Reference",
    ),
    "homeowner": (
        "Homeowner",
        "Homeowner Name",
        "HO",
        "HO Name",
        "Customer",
        "Customer Name",
        "Owner",
        "Owner Name",
        "Primary Homeowner",
        "Homeowner 1",
        "Client",
        "Client Name",
        "Account Name",
        "Full Name",
        "Name",
    ),
    "co_homeowner": (
        "Co-Homeowner",
        "Co-Homeowner Name",
        "Co HO",
        "Coowner",
        "Co-Owner Name",
        "Secondary Homeowner",
        "Homeowner 2",
        "Second Homeowner",
        "Co-Customer",
        "Spouse",
    ),
    "address": (
        "Property Address",
        "Address",
        "Street Address",
        "Street",
        "System Address",
        "Site Address",
        "Install Address",
        "Installation Address",
        "Service Address",
        "Home Address",
        "Address 1",
        "Address Line 1",
        "Property",
    ),
    "city": ("City", "Town", "Property City", "Site City", "Municipality"),
    "state": ("State", "ST", "Property State", "Site State", "State Code", "Province"),
    "zip": ("ZIP", "ZIP Code", "Postal Code", "Postcode", "Property ZIP", "Site ZIP", "ZIP 5"),
    "phone": (
        "Phone",
        "Phone Number",
        "Phone No",
        "Telephone",
        "Tel",
        "Mobile",
        "Mobile Phone",
        "Cell",
        "Cell Phone",
        "Contact Number",
        "Primary Phone",
        "Homeowner Phone",
        "HO Phone",
        "Customer Phone",
    ),
    "email": (
        "Email",
        "E-mail Address",
        "Email Address",
        "Homeowner Email",
        "HO Email",
        "Customer Email",
        "Contact Email",
    ),
    "original_ip": (
        "Original IP",
        "Original Installer",
        "Orig IP",
        "Original Installation Partner",
        "Previous IP",
        "Former IP",
        "Former Installer",
        "Previous Installer",
        "IP",
        "Installer (Original)",
        "Transferred From",
        "From IP",
    ),
    "transferred_to": (
        "Transferred To",
        "Transfer To",
        "Transferred To IP",
        "New IP",
        "New Installer",
        "Receiving Installer",
        "Receiving IP",
        "Current IP",
        "Current Installer",
        "Assigned Installer",
        "Assigned IP",
        "To IP",
        "Transferred Installer",
    ),
    "transfer_date": (
        "Transfer Date",
        "Date Transferred",
        "Transferred On",
        "Date of Transfer",
        "Transferred Date",
        "Xfer Date",
    ),
    "status": ("Status", "Project Status", "Transfer Status", "Current Status", "Job Status"),
    "milestone": ("Milestone", "Current Milestone", "MS", "Milestone Status", "Project Milestone"),
    "program": ("Program", "Portfolio", "Job Type", "Project Type", "Product", "Brand"),
}

_ASIDE: Final = re.compile(r"\([^)]*\)|\[[^\]]*\]")


class Columns(msgspec.Struct, frozen=True):
    """Where the fields stand: ``at`` maps a field to its column, ``headers`` to the words above it.

    ``first_row`` is the position after the header, ``names`` the header's cells as they stand there.
    """

    at: dict[str, int]
    headers: dict[str, str]
    first_row: int
    names: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """The needed fields that no column holds, by the names the SOP's workbook gives them."""
        return tuple(SYNONYMS[field][0] for field in NEEDED if field not in self.at)


def _form(header: str) -> str:
    return fold(header.replace("#", " no ")).replace(" ", "")


_FORMS: Final = {_form(name): (rank, field) for field, names in SYNONYMS.items() for rank, name in enumerate(names)}


def find_columns(rows: Sequence[Sequence[Cell]]) -> Columns:
    """Return the columns of the header among the first rows: the row, or pair of rows, that names most fields."""
    best = Columns({}, {}, 0, ())
    for at, row in enumerate(rows[:HEADER_ROWS]):
        single = _columns(_texts(row), at + 1)
        best = single if len(single.at) > len(best.at) else best
    for at in range(min(len(rows), HEADER_ROWS) - 1):
        pair = _columns(_stacked(_texts(rows[at]), _texts(rows[at + 1])), at + 2)
        best = pair if len(pair.at) > len(best.at) else best
    return best


def _columns(names: Sequence[str], first_row: int) -> Columns:
    ranked = sorted((*known, at) for at, name in enumerate(names) if (known := _known(name)))
    at: dict[str, int] = {}
    for _, field, column in ranked:
        at.setdefault(field, column)
    headers = {field: names[at[field]] for field in SYNONYMS if field in at}
    return Columns({field: at[field] for field in headers}, headers, first_row, tuple(name for name in names if name))


def _known(name: str) -> tuple[int, str] | None:
    if not name:
        return None
    return _FORMS.get(_form(name)) or _FORMS.get(_form(_ASIDE.sub(" ", name)))


def _texts(row: Sequence[Cell]) -> list[str]:
    return [text_of(cell) or "" for cell in row]


def _stacked(upper: list[str], lower: list[str]) -> list[str]:
    width = max(len(upper), len(lower))
    pairs = zip(upper + [""] * (width - len(upper)), lower + [""] * (width - len(lower)), strict=True)
    return [_stack(above, below) for above, below in pairs]


def _stack(above: str, below: str) -> str:
    both = f"{above} {below}".strip()
    return next((name for name in (both, below, above) if _known(name)), both)
