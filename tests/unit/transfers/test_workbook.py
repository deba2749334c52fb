from __future__ import annotations

import io
import random
import tracemalloc
import zipfile
from typing import TYPE_CHECKING

import pytest

from functions.import_sheet import container
from functions.import_sheet.workbook import Limits, read_file
from sop_core.transfers.sheet import SheetError
from tests.builders.workbooks import HEADERS, JANE, OMAR, of_tabs, with_parts, workbook

if TYPE_CHECKING:
    from collections.abc import Callable


def zipped(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def twice(data: bytes) -> bytes:
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("xl/workbook.xml", b"<workbook/>")
    return buffer.getvalue()


def in_part(ending: str, change: Callable[[bytes], bytes]) -> bytes:
    return with_parts(workbook(), lambda name, content: change(content) if name.endswith(ending) else content)


def with_part(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO(workbook())
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def locked(data: bytes) -> bytes:
    changed = bytearray(data)
    at = -1
    while (at := data.find(b"PK\x01\x02", at + 1)) >= 0:
        changed[at + 8] |= 1
    return bytes(changed)


def lying(data: bytes) -> bytes:
    """Say in the zip's directory that its largest part is a hundred bytes long."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        largest = max(archive.infolist(), key=lambda part: part.file_size)
    size = largest.file_size.to_bytes(4, "little")
    return data.replace(size, (100).to_bytes(4, "little"))


def flipped(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        at = archive.getinfo("xl/worksheets/sheet2.xml").header_offset + 120
    return data[:at] + bytes(255 - byte for byte in data[at : at + 40]) + data[at + 40 :]


OLE = bytes.fromhex("d0cf11e0a1b11ae1")
BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "not_a_workbook"),
    "text": (lambda: b"Project ID,Homeowner\n1,Jane\n", "not_a_workbook"),
    "a PDF": (lambda: b"%PDF-1.7\n", "not_a_workbook"),
    "a web page": (lambda: b"\n <!DOCTYPE html><html>", "html_page"),
    "a renamed .xls": (lambda: OLE + b"\0" * 512, "old_xls"),
    "a password": (lambda: OLE + b"\0" * 512 + "EncryptedPackage".encode("utf-16-le"), "password_protected"),
    "another zip": (lambda: zipped({"word/document.xml": b"<w/>", "[Content_Types].xml": b"<t/>"}), "not_a_workbook"),
    "a binary workbook": (lambda: zipped({"xl/workbook.bin": b"", "[Content_Types].xml": b""}), "binary_workbook"),
    "a zip cut short": (lambda: workbook()[:-200], "damaged"),
    "a part twice": (lambda: twice(workbook()), "duplicate_parts"),
    "entities": (lambda: in_part("sheet2.xml", lambda x: b'<!DOCTYPE x [<!ENTITY a "b">]>' + x), "document_type"),
    "UTF-16": (lambda: in_part("sheet2.xml", lambda x: x.decode().encode("utf-16")), "unusual_encoding"),
    "a bomb": (lambda: in_part("sheet2.xml", lambda x: x + b" " * 40_000_000), "too_large"),
    "endless styles": (lambda: in_part("styles.xml", lambda x: x + bytes(range(256)) * 70_000), "too_large"),
    "thousands of parts": (
        lambda: zipped({f"xl/p{n}": b"" for n in range(2001)} | {"xl/workbook.xml": b"", "[Content_Types].xml": b""}),
        "too_many_parts",
    ),
    "a sheet that is no XML": (lambda: in_part("sheet2.xml", lambda _: b"<worksheet><sheetData><row"), "unreadable"),
    "a cell at the far corner": (
        lambda: in_part("sheet2.xml", lambda x: x.replace(b'r="A1"', b'r="XFD1048576"', 1)),
        "too_many_cells",
    ),
    "a zip with a password": (lambda: locked(workbook()), "password_protected"),
    "a bomb that lies about its size": (
        lambda: lying(in_part("sheet2.xml", lambda x: x + b" " * 40_000_000)),
        "damaged",
    ),
    "values from other workbooks": (
        lambda: with_part("xl/externalLinks/externalLink1.xml", b"<externalLink/>"),
        "external_links",
    ),
    "a picture": (lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 64, "not_a_workbook"),
    "a zip cut in its middle": (lambda: workbook()[:2000], "damaged"),
    "a zip with a few bytes changed": (lambda: flipped(workbook()), "damaged"),
    "an empty tab": (lambda: of_tabs({"All Projects": []}), "no_rows"),
    "headers only": (lambda: workbook([]), "no_rows"),
    "another tab": (lambda: workbook(tab="Projects"), "missing_tab"),
    "other columns": (lambda: workbook(headers=["A", "B"]), "missing_columns"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_for_what_it_is(name: str) -> None:
    make, kind = BAD[name]

    with pytest.raises(SheetError) as refused:
        read_file(make(), limits=Limits(processor_seconds=10, seconds=20.0, memory=512 * 1024 * 1024))

    assert refused.value.kind == kind
    assert refused.value.message.endswith(".")


def test_a_missing_tab_names_the_tabs_that_are_there() -> None:
    with pytest.raises(SheetError) as refused:
        read_file(of_tabs({"Summary": [["x"]], "Projects": [["y"]]}))

    assert refused.value.found == ("Summary", "Projects")


@pytest.mark.parametrize("tab", ["All Projects", "all projects", " ALL  PROJECTS ", "AllProjects"])
def test_the_tab_is_found_whatever_its_spaces_and_capitals(tab: str) -> None:
    assert len(read_file(workbook(tab=tab)).projects) == 2


def test_excels_row_numbers_survive_empty_rows_and_columns() -> None:
    rows: tuple[tuple[str | None, ...], ...] = ((), (), HEADERS, JANE, (), OMAR)
    indented = [[None, None, *row] for row in rows]

    assert [project.row for project in read_file(of_tabs({"All Projects": indented})).projects] == [4, 6]


def test_dates_of_a_workbook_that_counts_from_1904_are_right() -> None:
    book = workbook([(*JANE[:9], 43721, JANE[10])])
    since_1904 = with_parts(
        book,
        lambda name, x: x.replace(b"<workbookPr ", b'<workbookPr date1904="1" ') if name == "xl/workbook.xml" else x,
    )

    assert read_file(since_1904).projects[0].transfer_date == "2023-09-14"


def test_a_reader_that_takes_too_long_is_stopped() -> None:
    with pytest.raises(SheetError, match="too much time or memory"):
        read_file(workbook(), limits=Limits(seconds=0.0))


def test_a_reader_that_takes_too_much_memory_is_stopped() -> None:
    many = workbook([(f"INF-2{n:05}", "x" * 2000, *JANE[2:]) for n in range(2000)])

    with pytest.raises(SheetError, match="too much time or memory"):
        read_file(many, limits=Limits(memory=1024 * 1024))


def sizes_of(data: bytes) -> tuple[int, int, int]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        return sum(part.file_size for part in parts), len(parts), archive.getinfo("xl/styles.xml").file_size


WHOLE = workbook()
UNPACKED, PARTS, STYLES = sizes_of(WHOLE)


@pytest.mark.parametrize(
    ("limit", "exactly", "kind", "says"),
    [
        ("MAX_FILE", len(WHOLE), "too_large", "larger than"),
        ("MAX_UNPACKED", UNPACKED, "too_large", "unpacks to"),
        ("MAX_RATIO", UNPACKED / len(WHOLE), "too_large", "unpacks to"),
        ("MAX_STYLES", STYLES, "too_large", "too many cell styles"),
        ("MAX_PARTS", PARTS, "too_many_parts", "more than"),
    ],
)
def test_a_limit_of_the_container_holds_a_workbook_that_reaches_it_and_no_more(
    monkeypatch: pytest.MonkeyPatch, limit: str, exactly: float, kind: str, says: str
) -> None:
    monkeypatch.setattr(container, "SMALL", 0)
    monkeypatch.setattr(container, limit, exactly)
    assert container.examine(WHOLE) is False

    monkeypatch.setattr(container, limit, exactly - (0.01 if limit == "MAX_RATIO" else 1))
    with pytest.raises(SheetError, match=says) as refused:
        container.examine(WHOLE)
    assert refused.value.kind == kind


def test_a_part_that_unpacks_to_much_is_not_held_in_memory_to_look_at_its_head() -> None:
    noise = random.Random(4).randbytes(20 * container.MEGABYTE)  # noqa: S311 - the same each time
    filler = b"<!--" + noise.hex().encode() + b"-->"
    large = with_parts(WHOLE, lambda name, content: content + filler if name == "xl/workbook.xml" else content)
    tracemalloc.start()
    assert container.examine(large) is False
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 4 * container.MEGABYTE


def test_a_cell_too_far_away_is_named() -> None:
    far = in_part(
        "sheet2.xml",
        lambda x: x.replace(
            b"</row></sheetData>", b'</row><row r="900000"><c r="XFC900000"><v>1</v></c></row></sheetData>'
        ),
    )

    with pytest.raises(SheetError, match="a cell at XFC900000, so far"):
        read_file(far)
