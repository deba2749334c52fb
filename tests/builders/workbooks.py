"""Workbooks as people have them, made for one test each."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

from openpyxl import Workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HEADERS = (
    "Project ID",
    "Homeowner",
    "Property Address",
    "City",
    "State",
    "ZIP",
    "Phone",
    "Original IP",
    "Transferred To",
    "Transfer Date",
    "Status",
)
JANE = (
    "INF-100001",
    "Jane Doe",
    "71 Curry St",
    "Camden",
    "NJ",
    "08103",
    "(267) 555-0185",
    "North Valley LLC",
    "Empower Solar, Inc.",
    "2023-09-14",
    "Transferred",
)
OMAR = (
    "INF-100002",
    "Omar Haddad",
    "9 Elm Ave",
    "Reno",
    "NV",
    "89501",
    "(775) 555-0112",
    "Dune Solar",
    None,
    None,
    "On hold",
)


def workbook(
    rows: Sequence[Sequence[Any]] = (JANE, OMAR), *, headers: Sequence[Any] = HEADERS, tab: str = "All Projects"
) -> bytes:
    """Return a workbook with one tab that holds headers and rows."""
    return of_tabs({"Read Me": [["About this workbook"]], tab: [headers, *rows]})


def of_tabs(tabs: dict[str, Sequence[Sequence[Any]]]) -> bytes:
    """Return a workbook of these tabs."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in tabs.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def with_parts(data: bytes, change: Callable[[str, bytes], bytes | None]) -> bytes:
    """Return the workbook with each part changed; a part changed to ``None`` is left out."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            content = change(part.filename, old.read(part))
            if content is not None:
                new.writestr(part.filename, content)
    return buffer.getvalue()
