"""What a file is, told from its bytes and its zip directory, before anything unpacks it."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from functions.import_sheet.marks import column_at
from sop_core.transfers.sheet import SheetError

if TYPE_CHECKING:
    from collections.abc import Iterable

SAVE_AS: Final = "Open it in Excel, choose Save As, Excel Workbook (.xlsx), and upload that."
MEGABYTE: Final = 1024 * 1024
MAX_FILE: Final = 64 * MEGABYTE
MAX_UNPACKED: Final = 600 * MEGABYTE
MAX_STYLES: Final = 16 * MEGABYTE
MAX_RATIO: Final = 150
SMALL: Final = 8 * MEGABYTE
MAX_PARTS: Final = 2000
HEAD: Final = 4096
MOST_CELLS: Final = 30_000_000
LONGEST_CELL: Final = 64

_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_DATE_1904: Final = re.compile(rb"date1904\s*=\s*[\"'](?:1|true|on)[\"']")
_KINDS: Final = (
    (re.compile(rb"%PDF-"), "a PDF"),
    (re.compile(rb"\xff\xd8\xff|\x89PNG|GIF8"), "a picture"),
    (re.compile(rb"\{\\rtf"), "a text document"),
    (re.compile(rb"\s*(?:\xef\xbb\xbf)?<\?xml"), "an XML file"),
)
_EXTERNAL: Final = "xl/externalLinks/"
_WORKSHEETS: Final = "xl/worksheets/"
_FAR_CELL: Final = re.compile(rb"<(?:\w+:)?c\b[^>]*?\br=[\"']([A-Z]{1,3})(\d{1,7})[\"']")
_HTML: Final = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|body|!--)", re.IGNORECASE)
_DECLARATION: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


def is_html(data: bytes) -> bool:
    """Say whether the bytes are a web page, as Slack serves in place of a file it does not let one read."""
    return bool(_HTML.match(data[:HEAD]))


def examine(data: bytes) -> bool:
    """Return whether the dates of a workbook count from 1904; raises :class:`SheetError` unless it is safe to read."""
    _check_magic(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            _check_kind({part.filename for part in parts})
            _check_sizes(parts, len(data))
            _check_heads(archive, parts)
            # What says so stands before the tabs; whatever a part unpacks to is for the child with its limits.
            with archive.open("xl/workbook.xml") as opened:
                return bool(_DATE_1904.search(opened.read(MEGABYTE)))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, KeyError, RuntimeError) as error:
        raise SheetError("damaged", f"The file is damaged or was cut short. {SAVE_AS}") from error


def _check_magic(data: bytes) -> None:
    if not data:
        raise SheetError("not_a_workbook", "The file is empty.")
    if len(data) > MAX_FILE:
        raise SheetError("too_large", f"The file is larger than {MAX_FILE // MEGABYTE} MB.")
    if data.startswith(_OLE):
        raise _ole(data)
    if is_html(data):
        raise SheetError("html_page", f"The file is a web page, not a workbook, whatever its name says. {SAVE_AS}")
    if not data.startswith(b"PK\x03\x04"):
        kind = next((name for pattern, name in _KINDS if pattern.match(data)), "not a workbook")
        kind = kind if kind.startswith("not") else f"{kind}, not a workbook"
        raise SheetError("not_a_workbook", f"The file is {kind}; it must be .xlsx or .xlsm. {SAVE_AS}")


def _ole(data: bytes) -> SheetError:
    if _ENCRYPTED in data:
        return SheetError(
            "password_protected",
            "The workbook is protected with a password. In Excel: File, Info, Protect Workbook, Encrypt with Password; "
            "clear the password, save, and upload it again.",
        )
    return SheetError("old_xls", f"The file is in the old .xls form; it must be .xlsx or .xlsm. {SAVE_AS}")


def _check_kind(names: set[str]) -> None:
    if "xl/workbook.bin" in names:
        raise SheetError(
            "binary_workbook", f"The file is a binary workbook (.xlsb); it must be .xlsx or .xlsm. {SAVE_AS}"
        )
    if "xl/workbook.xml" not in names or "[Content_Types].xml" not in names:
        raise SheetError("not_a_workbook", f"The file is a zip archive, but not an Excel workbook. {SAVE_AS}")


def furthest_cell(data: bytes) -> str | None:
    """Return the cell that stretches a tab over more than :data:`MOST_CELLS`, as Excel names it, where there is one.

    For a workbook that could not be read: a reader that lays out the whole tab runs out of memory over one such cell.
    """
    with suppress(zipfile.BadZipFile, zlib.error, EOFError, OSError), zipfile.ZipFile(io.BytesIO(data)) as archive:
        for part in archive.namelist():
            if part.startswith(_WORKSHEETS) and (cell := _furthest(archive, part)):
                return cell
    return None


def _furthest(archive: zipfile.ZipFile, part: str) -> str | None:
    rows = columns = 1
    found = rest = b""
    with archive.open(part) as source:
        while chunk := source.read(MEGABYTE):
            for match in _FAR_CELL.finditer(rest + chunk):
                row, column = int(match[2]), column_at(match[1]) + 1
                if row > rows or column > columns:
                    found = match[1] + match[2]
                rows, columns = max(row, rows), max(column, columns)
            rest = chunk[-LONGEST_CELL:]
    return found.decode() if rows * columns > MOST_CELLS else None


def _check_sizes(parts: list[zipfile.ZipInfo], packed: int) -> None:
    if len(parts) > MAX_PARTS:
        raise SheetError("too_many_parts", f"The workbook is made of more than {MAX_PARTS} parts.")
    if len({part.filename.casefold() for part in parts}) != len(parts):
        raise SheetError("duplicate_parts", f"The workbook holds the same part twice. {SAVE_AS}")
    if any(part.flag_bits & 0x1 for part in parts):
        raise SheetError("password_protected", "The file is a zip archive protected with a password.")
    if any(part.filename.startswith(_EXTERNAL) for part in parts):
        raise SheetError(
            "external_links",
            "The workbook takes values from other workbooks, which cannot be checked here. In Excel: Data, Edit Links, "
            "Break Link for each; save, and upload it again.",
        )
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MAX_UNPACKED or (unpacked > SMALL and unpacked > MAX_RATIO * packed):
        raise SheetError(
            "too_large", f"The workbook unpacks to {unpacked // MEGABYTE} MB, more than is read safely. {SAVE_AS}"
        )
    if any(part.filename.endswith("styles.xml") and part.file_size > MAX_STYLES for part in parts):
        raise SheetError(
            "too_large", "The workbook holds too many cell styles. Copy the tab All Projects into a new workbook."
        )


def _check_heads(archive: zipfile.ZipFile, parts: Iterable[zipfile.ZipInfo]) -> None:
    for part in parts:
        if not part.filename.endswith((".xml", ".rels")):
            continue
        with archive.open(part) as opened:
            head = opened.read(HEAD)
        if _DECLARATION.search(head):
            raise SheetError(
                "document_type", f"The workbook declares a document type, which Excel never writes. {SAVE_AS}"
            )
        if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in head[:4]:
            raise SheetError(
                "unusual_encoding", f"The workbook is written in UTF-16, which cannot be read reliably. {SAVE_AS}"
            )
