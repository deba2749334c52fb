"""A sample transfer sheet, made up from a seed: the same seed gives the same file, byte for byte."""

from __future__ import annotations

import argparse
import io
import random
import re
import sys
import zipfile
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from infra.local.sample_people import CITIES, FIRST, LAST, NOTES, ORIGINAL, STREET_TYPES, STREETS, UNLISTED
from sop_core.transfers.installers import LISTED
from sop_core.transfers.words import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

FILE_NAME: Final = "Infinity Transfers v1.xlsx"
PROJECTS: Final = 2400
SEED: Final = 20260119
STAYED: Final = "Stayed with original IP"
FIRST_DAY: Final = date(2023, 9, 14)
WRITTEN: Final = datetime(2026, 1, 19, 9, 0, 0)  # noqa: DTZ001  (Excel's times have no zone)
HEADERS: Final = (
    "Project ID",
    "Homeowner",
    "Co-Homeowner",
    "Property Address",
    "City",
    "State",
    "ZIP",
    "Phone",
    "Email",
    "Original IP",
    "Transferred To",
    "Transfer Date",
    "Status",
    "Milestone",
    "System Size (kW)",
    "Sales Rep",
    "Last Updated",
    "Notes",
)
WIDTHS: Final = (14, 24, 24, 34, 18, 7, 8, 16, 34, 30, 32, 14, 24, 11, 16, 22, 14, 26)

# People whom nobody can tell apart by name alone, for `/infinity jane do`.
NAMESAKES: Final = (
    ("Jane Doe", "1420 Sycamore St", "Phoenix"),
    ("Jane Doe", "88 Harvest Ln", "Camden"),
    ("Jane Doe", "5173 Quail Run Rd", "Reno"),
    ("Jane Doerr", "302 Poplar Ave", "Tampa"),
    ("Jane Donovan", "9 Larkspur Ct", "Provo"),
    ("Jayne Doe", "761 Meadow Way", "Fresno"),
    ("John Doe", "1422 Sycamore St", "Phoenix"),
)

Row = list[Any]


class Columns(msgspec.Struct, frozen=True):
    """Positions of the columns that the other tabs and the changed variant use."""

    project_id: int = 0
    homeowner: int = 1
    address: int = 3
    phone: int = 7
    original: int = 9
    receiving: int = 10
    transferred: int = 11
    status: int = 12
    milestone: int = 13


AT: Final = Columns()


class Maker:
    """Makes projects, each with an id and a phone of its own."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  (made-up people, not secrets)
        self._ids: set[str] = set()
        self._phones: set[str] = set()
        self._reps = [self._person() for _ in range(40)]

    def project(self, homeowner: str | None = None, address: str | None = None, city: str | None = None) -> Row:
        """Return one row of All Projects."""
        rng = self._random
        place = next((c for c in CITIES if c[0] == city), None) or rng.choice(CITIES)
        name = homeowner or self._person()
        original = rng.choice(ORIGINAL)
        receiving, transferred, status = self._transfer(original)
        updated = (transferred or FIRST_DAY) + timedelta(days=rng.randrange(20, 240))
        return [
            self._id(),
            name,
            self._partner(name),
            address or self._address(),
            place[0],
            place[1],
            f"{place[2]}{rng.randrange(1, 100):02}",
            self._phone(place[3]),
            self._email(name),
            original,
            receiving,
            transferred,
            status,
            rng.choices(("M1", "M2", "M3"), (33, 36, 31))[0],
            round(rng.uniform(3.2, 16.6), 2),
            rng.choice(self._reps),
            updated,
            rng.choice(NOTES) if rng.random() < 0.6 else None,  # noqa: PLR2004
        ]

    def _person(self) -> str:
        rng = self._random
        middle = f" {rng.choice('ABCDEFGHJKLMNPRSTW')}." if rng.random() < 0.12 else ""  # noqa: PLR2004
        return f"{rng.choice(FIRST)}{middle} {rng.choice(LAST)}"

    def _partner(self, name: str) -> str | None:
        if self._random.random() > 0.32:  # noqa: PLR2004
            return None
        surname = name.split(" ", 1)[1] if self._random.random() < 0.8 else self._random.choice(LAST)  # noqa: PLR2004
        return f"{self._random.choice(FIRST)} {re.sub(r'^[A-Z][.] ', '', surname)}"

    def _address(self) -> str:
        rng = self._random
        number = rng.choice(
            (rng.randrange(2, 99), rng.randrange(100, 999), rng.randrange(1000, 9999), rng.randrange(10000, 28000))
        )
        direction = rng.choice(("North ", "N ", "South ", "E ", "West ", "W ")) if rng.random() < 0.2 else ""  # noqa: PLR2004
        unit = rng.choice((f" #{rng.randrange(1, 90)}", f" Apt {rng.randrange(1, 30)}", f" Unit {rng.choice('ABCD')}"))
        ordinal = rng.randrange(2, 99)
        street = _ordinal(ordinal) if rng.random() < 0.08 else rng.choice(STREETS)  # noqa: PLR2004
        return f"{number} {direction}{street} {rng.choice(STREET_TYPES)}{unit if rng.random() < 0.07 else ''}"  # noqa: PLR2004

    def _id(self) -> str:
        while (made := f"INF-{self._random.randrange(100000, 1000000)}") in self._ids:
            pass
        self._ids.add(made)
        return made

    def _phone(self, area: str) -> str:
        # 555 numbers only; when a city's are used up, the next ones share.
        made = f"({area}) 555-{self._random.randrange(10000):04}"
        if made in self._phones and len(self._phones) < 5 * PROJECTS:
            return self._phone(area)
        self._phones.add(made)
        return made

    def _email(self, name: str) -> str | None:
        if self._random.random() < 0.11:  # noqa: PLR2004
            return None
        letters = [re.sub(r"[^a-z]", "", fold(part)) for part in name.split()]
        number = self._random.choice(("", "", str(self._random.randrange(10, 99))))
        return (
            f"{letters[0]}.{letters[-1]}{number}@{self._random.choice(('example.com', 'example.net', 'example.org'))}"
        )

    def _transfer(self, original: str) -> tuple[str | None, date | None, str]:
        rng = self._random
        day = FIRST_DAY + timedelta(days=rng.randrange(0, 480))
        kind = rng.choices(("listed", "stayed", "unlisted", "pending", "cancelled", "hold"), (66, 13, 8, 5, 4, 4))[0]
        choices = UNLISTED if kind == "unlisted" else tuple(name for name in LISTED if name != original)
        match kind:
            case "stayed":
                return STAYED, None, rng.choice((STAYED, STAYED, "PTO received"))
            case "pending":
                return None, None, "Pending transfer"
            case "cancelled":
                return rng.choice((None, rng.choice(choices))), day, "Cancelled"
            case "hold":
                return rng.choice(choices), day, "On hold"
            case _:
                return rng.choice(choices), day, rng.choices(("Transferred", "PTO received"), (88, 12))[0]

    def change(self, rows: list[Row]) -> list[Row]:
        """Return the rows as a later version of the sheet has them: some changed, some gone, some new."""
        rng = self._random
        later = [list(row) for row in rows]
        for at in rng.sample(range(len(later)), 48):
            self._change_row(later[at])
        gone = set(rng.sample(range(len(NAMESAKES), len(later)), 14))
        return [row for at, row in enumerate(later) if at not in gone] + [self.project() for _ in range(26)]

    def _change_row(self, row: Row) -> None:
        match self._random.choice(("transfer", "phone", "milestone")):
            case "transfer":
                row[AT.receiving] = self._random.choice([name for name in LISTED if name != row[AT.receiving]])
                row[AT.transferred], row[AT.status] = date(2026, 1, 12), "Transferred"
            case "phone":
                row[AT.phone] = self._phone(row[AT.phone][1:4])
            case _:
                row[AT.milestone] = {"M1": "M2", "M2": "M3", "M3": "M1"}[row[AT.milestone]]


def make_rows(*, projects: int = PROJECTS, seed: int = SEED, changed: bool = False) -> list[Row]:
    """Return the rows of All Projects below the header, oldest transfer first."""
    maker = Maker(seed)
    rows = [maker.project(*namesake) for namesake in NAMESAKES]
    rows += [maker.project() for _ in range(projects - len(rows))]
    return maker.change(rows) if changed else rows


def write_sample(path: Path, *, projects: int = PROJECTS, seed: int = SEED, changed: bool = False) -> Path:
    """Write the sample workbook and return its path."""
    rows = make_rows(projects=projects, seed=seed, changed=changed)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(workbook_bytes(rows))
    return path


def workbook_bytes(rows: Sequence[Row]) -> bytes:
    """Return the workbook with the tabs such files have, All Projects holding ``rows``."""
    book = Workbook(write_only=True)
    book.properties.creator = "Partner Operations"
    book.properties.created = WRITTEN
    _read_me(_tab(book, "Read Me", (18, 100)))
    _summary(_tab(book, "Summary", (34, 12, 12)), rows)
    _all_projects(_tab(book, "All Projects", WIDTHS), rows)
    transferred = [row for row in rows if row[AT.receiving] not in (None, STAYED)]
    _excerpt(_tab(book, "Transferred", (14, 24, 34, 30, 32, 14)), transferred)
    _excerpt(_tab(book, "Stayed w IP", (14, 24, 34, 30, 32, 14)), [row for row in rows if row[AT.receiving] == STAYED])
    _contacts(_tab(book, "Installer Contacts", (34, 44, 18)))
    _lists(_tab(book, "Lists", (28, 34)))
    book["Lists"].sheet_state = "hidden"
    buffer = io.BytesIO()
    book.save(buffer)
    return _timeless(buffer.getvalue())


def _tab(book: Workbook, title: str, widths: Sequence[int]) -> Worksheet:
    # openpyxl's types know the ordinary sheet only; the write-only one takes what is used here.
    tab = cast("Worksheet", book.create_sheet(title))
    for at, width in enumerate(widths):
        tab.column_dimensions[chr(ord("A") + at)].width = width
    return tab


def _bold(tab: Worksheet, texts: Iterable[str]) -> list[Cell]:
    cells = []
    for text in texts:
        cell = WriteOnlyCell(tab, text)
        cell.font = Font(bold=True)
        cells.append(cell)
    return cells


def _read_me(tab: Worksheet) -> None:
    tab.append(_bold(tab, ["Infinity Transfers v1"]))
    tab.append([])
    tab.append(["Owner", "Partner Operations"])
    tab.append(
        ["What it is", "Where each former Infinity project is now. Look a homeowner up in the tab All Projects."]
    )
    tab.append(["What it is not", "Shield and Harness jobs are kept elsewhere."])
    tab.append(["Transferred To", f"The receiving installer, or {STAYED!r}; empty while a transfer is pending."])
    tab.append(["Sample", "Made up by a program: nobody in it exists."])


def _summary(tab: Worksheet, rows: Sequence[Row]) -> None:
    counted = Counter(row[AT.receiving] for row in rows if row[AT.receiving])
    tab.append(_bold(tab, ["Projects by receiving installer"]))
    tab.append([])
    tab.append(_bold(tab, ["Installer", "Projects", "Share"]))
    last = 3 + len(counted)
    for at, (name, _) in enumerate(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])), 4):
        tab.append([name, f"=COUNTIF('All Projects'!K:K,A{at})", f"=B{at}/SUM($B$4:$B${last})"])


def _all_projects(tab: Worksheet, rows: Sequence[Row]) -> None:
    tab.freeze_panes = "A2"
    tab.auto_filter.ref = f"A1:{chr(ord('A') + len(HEADERS) - 1)}{len(rows) + 1}"
    tab.append(_bold(tab, HEADERS))
    for row in rows:
        tab.append(row)


def _excerpt(tab: Worksheet, rows: Iterable[Row]) -> None:
    shown = (AT.project_id, AT.homeowner, AT.address, AT.original, AT.receiving, AT.transferred)
    tab.append(_bold(tab, [HEADERS[at] for at in shown]))
    for row in rows:
        tab.append([row[at] for at in shown])


def _contacts(tab: Worksheet) -> None:
    tab.append(_bold(tab, ["Installer", "Escalation email", "Phone"]))
    for at, name in enumerate(LISTED):
        mailbox = re.sub(r"[^a-z]", "", name.lower())
        tab.append([name, f"{mailbox}@example.com", f"(800) 555-{100 + at:04}"])


def _lists(tab: Worksheet) -> None:
    statuses = ("Transferred", STAYED, "Pending transfer", "On hold", "Cancelled", "PTO received")
    names = (*LISTED, STAYED, *UNLISTED)
    for at, name in enumerate(names):
        tab.append([statuses[at] if at < len(statuses) else None, name])


def _timeless(data: bytes) -> bytes:
    """Return the workbook without the time of its making, so that the same rows are the same file."""
    stamp = f"{WRITTEN:%Y-%m-%dT%H:%M:%SZ}".encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as made, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as kept:
        for part in made.infolist():
            content = made.read(part)
            if part.filename == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamp, content)
            entry = zipfile.ZipInfo(part.filename, WRITTEN.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            kept.writestr(entry, content)
    return buffer.getvalue()


def _ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")  # noqa: PLR2004
    return f"{number}{ending}"


def main(argv: Sequence[str] | None = None) -> int:
    """Write the sample workbook where the command line says."""
    parser = argparse.ArgumentParser(prog="python -m infra.local sample", description="Write a made-up transfer sheet.")
    parser.add_argument("--out", type=Path, default=Path(".local") / FILE_NAME, help="the file to write")
    parser.add_argument("--projects", type=int, default=PROJECTS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--changed", action="store_true", help="a later version: some rows changed, added and removed")
    given = parser.parse_args(argv)
    path = write_sample(given.out, projects=given.projects, seed=given.seed, changed=given.changed)
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
