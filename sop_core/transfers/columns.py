"""Which column is which: headers found by name, in any order, below any titles."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import msgspec

from sop_core.transfers.cells import Cell, text_of
from sop_core.transfers.words import fold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
        "Project ID No",
        "Project Code",
        "Project Ref",
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
        "Homeowner Full Name",
        "Customer Full Name",
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
        "Project Address",
        "Customer Address",
        "Homeowner Address",
        "Property Street Address",
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
        "Transferred To Installer",
        "Transferee",
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

# A homeowner's name in two columns, where none holds it whole.
FIRST_NAME: Final = ("First Name", "Homeowner First Name", "Customer First Name", "Given Name")
LAST_NAME: Final = ("Last Name", "Homeowner Last Name", "Customer Last Name", "Surname", "Family Name")

_ASIDE: Final = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_FEW: Final = 2


class Columns(msgspec.Struct, frozen=True):
    """Where the fields stand: ``at`` maps a field to its column, ``headers`` to the words above it.

    ``first_row`` is the position after the header, ``names`` the header's cells as they stand there, ``lines`` the rows
    it is made of. ``last_name`` is the column of a surname that belongs to the homeowner's first name.
    """

    at: dict[str, int]
    headers: dict[str, str]
    first_row: int
    names: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...] = ()
    last_name: int | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """The needed fields that no column holds."""
        return tuple(field for field in NEEDED if field not in self.at)

    @property
    def found(self) -> dict[str, str]:
        """The words above each field of a project."""
        return {field: header for field, header in self.headers.items() if field != "program"}

    def is_header(self, texts: Sequence[str | None]) -> bool:
        """Say whether a row repeats the header, or one of the header's two rows."""
        folded = {at: fold(text) for at, text in enumerate(texts) if text}
        if len(folded) < _FEW:
            return False
        return any(all(at < len(line) and fold(line[at]) == text for at, text in folded.items()) for line in self.lines)


def display(field: str) -> str:
    """Return the name that the SOP's workbook gives a field."""
    return SYNONYMS[field][0]


def header_form(header: str) -> str:
    """Return a header as it is compared."""
    return fold(header.replace("#", " no ")).replace(" ", "")


_FORMS: Final = {
    header_form(name): (rank, field)
    for field, names in (*SYNONYMS.items(), ("first_name", FIRST_NAME), ("last_name", LAST_NAME))
    for rank, name in enumerate(names)
}


class _Names:
    """What headers mean: as an admin chose (field to header), else as the synonyms have it."""

    def __init__(self, chosen: Mapping[str, str]) -> None:
        self._chosen = {header_form(header): (-1, field) for field, header in chosen.items() if field in SYNONYMS}

    def known(self, name: str) -> tuple[int, str] | None:
        if not name:
            return None
        form = header_form(name)
        return self._chosen.get(form) or _FORMS.get(form) or _FORMS.get(header_form(_ASIDE.sub(" ", name)))

    def columns(self, names: Sequence[str], first_row: int, lines: Sequence[Sequence[str]]) -> Columns:
        ranked = sorted((*known, at) for at, name in enumerate(names) if (known := self.known(name)))
        at: dict[str, int] = {}
        for _, field, column in ranked:
            at.setdefault(field, column)
        first, last = at.pop("first_name", None), at.pop("last_name", None)
        headers = {field: names[at[field]] for field in SYNONYMS if field in at}
        is_split = "homeowner" not in at and first is not None and last is not None
        if is_split and first is not None and last is not None:
            at["homeowner"], headers["homeowner"] = first, f"{names[first]} + {names[last]}"
        return Columns(
            {field: at[field] for field in SYNONYMS if field in at},
            {field: headers[field] for field in SYNONYMS if field in headers},
            first_row,
            tuple(name for name in names if name),
            tuple(tuple(line) for line in lines),
            last if is_split else None,
        )

    def stack(self, above: str, below: str) -> str:
        both = f"{above} {below}".strip()
        return next((name for name in (both, below, above) if self.known(name)), both)

    def is_below_header(self, line: Sequence[str]) -> bool:
        """Say whether a row may be a header's second: a row of data has numbers in several cells."""
        return sum(any(c.isdigit() for c in name) and not self.known(name) for name in line) < _FEW


def renamed(named: Mapping[str, str], changed: Mapping[str, str | None]) -> dict[str, str]:
    """Return what admins named (field to header) after a change; ``None`` forgets, a header stands for one field.

    A field's own name is found without being remembered.
    """
    taken = {header_form(header) for header in changed.values() if header}
    kept = {f: header for f, header in named.items() if f not in changed and header_form(header) not in taken}
    after = kept | {field: header for field, header in changed.items() if header}
    return {field: header for field, header in after.items() if header_form(header) != header_form(display(field))}


def applying(named: Mapping[str, str], headers: Sequence[str]) -> dict[str, str]:
    """Return those of the columns that admins named which a workbook with these headers has."""
    forms = {header_form(header) for header in headers}
    return {field: header for field, header in named.items() if header_form(header) in forms}


def find_columns(rows: Sequence[Sequence[Cell]], chosen: Mapping[str, str] | None = None) -> Columns:
    """Return the columns of the header among the first rows: the row, or pair of rows, that names most fields.

    ``chosen`` is what an admin said earlier: which header stands above a field.
    """
    names = _Names(chosen or {})
    lines = [_texts(row) for row in rows[:HEADER_ROWS]]
    best = Columns({}, {}, 0, ())
    for at, line in enumerate(lines):
        single = names.columns(line, at + 1, (line,))
        best = single if len(single.at) > len(best.at) else best
    for at, (above, below) in enumerate(pairwise(lines)):
        if not names.is_below_header(below):
            continue
        width = max(len(above), len(below))
        pairs = zip(_padded(above, width), _padded(below, width), strict=True)
        pair = names.columns([names.stack(*cells) for cells in pairs], at + 2, (above, below))
        best = pair if len(pair.at) > len(best.at) else best
    return best


def _texts(row: Sequence[Cell]) -> list[str]:
    return [text_of(cell) or "" for cell in row]


def _padded(line: Sequence[str], width: int) -> list[str]:
    return [*line, *[""] * (width - len(line))]
