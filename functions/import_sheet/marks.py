"""What the fast reader does not tell of a tab, looked up in its XML: hidden and struck rows, errors, long numbers.

The XML is searched, not parsed: a tab without such marks costs little more than its unpacking. Runs in the reading
child, under its limits.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from itertools import islice
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET  # the container was searched for document types: no entities to expand

import msgspec

from sop_core.transfers.marks import Marks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

CHUNK: Final = 4 * 1024 * 1024
MOST: Final = 250_000
"""So many of each kind are told; a workbook with more has them everywhere."""
FURTHEST_COLUMN: Final = 1024

_P: Final = rb"(?:\w+:)?"
_TRUE: Final = rb"=[\"'](?:1|true|on)[\"']"
_ROW: Final = re.compile(rb"<" + _P + rb"row\b([^>]*)>")
_HIDDEN: Final = re.compile(rb"\bhidden" + _TRUE)
_NUMBER: Final = re.compile(rb"\br=[\"'](\d{1,7})[\"']")
_REF: Final = re.compile(rb"\br=[\"']([A-Z]{1,3})(\d{1,7})[\"']")
_STYLE: Final = re.compile(rb"\bs=[\"'](\d{1,9})[\"']")
_CELL: Final = re.compile(rb"<" + _P + rb"c\b([^>]*)>")
_ERROR: Final = re.compile(
    rb"<" + _P + rb"c\b([^>]*\bt=[\"']e[\"'][^>]*)>(?:(?!</" + _P + rb"c>).)*?<" + _P + rb"v>(#[^<]{1,30})<", re.DOTALL
)
_LONG: Final = re.compile(rb"v>(\d{16,32})</")
_END_OF_FORMULA: Final = rb"(?:</" + _P + rb"f>|<" + _P + rb"f\b[^>]*/>)"
_EMPTY_VALUE: Final = rb"(?:<" + _P + rb"v\s*/>|<" + _P + rb"v></" + _P + rb"v>)?"
_NO_VALUE: Final = re.compile(_END_OF_FORMULA + _EMPTY_VALUE + rb"</" + _P + rb"c>")
_COLUMN: Final = re.compile(rb"<" + _P + rb"col\b([^>]*)>")
_SPAN: Final = re.compile(rb"\b(min|max)=[\"'](\d{1,6})[\"']")
_CORNERS: Final = rb"[\"']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})[\"']"
_MERGED: Final = re.compile(rb"<" + _P + rb"mergeCell\b[^>]*\bref=" + _CORNERS)
_DIMENSION: Final = re.compile(rb"<" + _P + rb"dimension\b[^>]*?(?:/>|>\s*</" + _P + rb"dimension>)")
_END_OF_ROW: Final = b"row>"
_FALSE: Final = frozenset({"0", "false", "off"})

Place = tuple[int, int]


class Found(msgspec.Struct):
    """The marks of a tab, and cells to be read as the text given: errors, and numbers too long for a number."""

    hidden_rows: set[int] = msgspec.field(default_factory=set)
    hidden_columns: set[int] = msgspec.field(default_factory=set)
    struck: set[Place] = msgspec.field(default_factory=set)
    uncalculated: set[Place] = msgspec.field(default_factory=set)
    merged: list[tuple[int, int, int, int]] = msgspec.field(default_factory=list)
    texts: dict[int, dict[int, str]] = msgspec.field(default_factory=dict)

    def marks(self, *, is_hidden: bool, is_wide: bool) -> Marks:
        """Return what the importing process is told."""
        return Marks(
            hidden_rows=frozenset(self.hidden_rows),
            hidden_columns=frozenset(self.hidden_columns),
            struck=frozenset(self.struck),
            uncalculated=frozenset(self.uncalculated),
            merged=tuple(self.merged),
            is_hidden=is_hidden,
            is_wide=is_wide,
        )


def part_of(archive: zipfile.ZipFile, tab: str) -> str | None:
    """Return the part that holds a tab, if the archive has it."""
    ids = {}
    for element in ET.fromstring(archive.read("xl/workbook.xml")).iter():  # noqa: S314  (no document type: see above)
        if _local(element.tag) == "sheet":
            ids[element.get("name")] = next((v for k, v in element.attrib.items() if _local(k) == "id"), None)
    targets = {
        element.get("Id"): str(element.get("Target"))
        for element in ET.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314  (same)
    }
    target = targets.get(ids.get(tab))
    if target is None:
        return None
    name = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))
    return name if name in archive.namelist() else None


def look(archive: zipfile.ZipFile, part: str) -> Found:
    """Return what a tab's XML says beside the values."""
    found = Found()
    struck = _struck_styles(archive)
    with archive.open(part) as source:
        for block in _blocks(source):
            _look_at(block, struck, found)
    return found


def without_dimension(archive: zipfile.ZipFile, part: str, out: IO[bytes]) -> None:
    """Write the workbook again without the tab's claim of its size, over which the reader stumbles if it is wrong."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as written:
        for entry in archive.infolist():
            content = archive.read(entry)
            written.writestr(
                entry.filename, _DIMENSION.sub(b"", content, count=1) if entry.filename == part else content
            )


def _blocks(source: IO[bytes]) -> Iterator[bytes]:
    """Yield the XML in pieces that end where a row ends."""
    rest = b""
    while chunk := source.read(CHUNK):
        block = rest + chunk
        end = block.rfind(_END_OF_ROW) + len(_END_OF_ROW)
        if end < len(_END_OF_ROW):
            rest = block
            continue
        yield block[:end]
        rest = block[end:]
    yield rest


def _look_at(block: bytes, struck: frozenset[bytes], found: Found) -> None:
    # Each search is begun only where a plain look for a few letters says that it may find something.
    if b"hidden" in block:
        _look_for_hidden(block, found)
    if struck:
        _look_for_struck(block, struck, found)
    _look_for_texts(block, found)
    if b"<f" in block or b":f" in block:
        cells = (_place(_cell_before(block, match.start())) for match in _NO_VALUE.finditer(block))
        found.uncalculated.update(islice((cell for cell in cells if cell), MOST - len(found.uncalculated)))
    if b"mergeCell" in block:
        areas = (_area(match.groups()) for match in _MERGED.finditer(block))
        found.merged += islice((area for area in areas if area), MOST - len(found.merged))


def _look_for_texts(block: bytes, found: Found) -> None:
    if b't="e"' in block or b"t='e'" in block:
        for match in _ERROR.finditer(block):
            _put(found, match[1], match[2])
    for match in _LONG.finditer(block):
        # Excel itself keeps 15 digits and fills up with zeros: what is lost there stays a number, and is warned about.
        if match[1][15:].strip(b"0"):
            _put(found, _cell_before(block, match.start()), match[1])


def _look_for_hidden(block: bytes, found: Found) -> None:
    for match in _ROW.finditer(block):
        if _HIDDEN.search(match[1]) and (number := _NUMBER.search(match[1])) and len(found.hidden_rows) < MOST:
            found.hidden_rows.add(int(number[1]))
    for match in _COLUMN.finditer(block):
        if _HIDDEN.search(match[1]):
            span: dict[bytes, int] = {name: int(number) for name, number in _SPAN.findall(match[1])}
            first, last = span.get(b"min", 1), min(span.get(b"max", 0), FURTHEST_COLUMN)
            found.hidden_columns.update(range(first - 1, last))


def _look_for_struck(block: bytes, struck: frozenset[bytes], found: Found) -> None:
    for match in _CELL.finditer(block):
        # A cell without content ends at once; a line through nothing says nothing.
        if match[1].endswith(b"/") or len(found.struck) >= MOST:
            continue
        style = _STYLE.search(match[1])
        if style and style[1] in struck and (place := _place(match[1])):
            found.struck.add(place)


def _struck_styles(archive: zipfile.ZipFile) -> frozenset[bytes]:
    """Return the numbers of the cell styles whose font is struck through."""
    if "xl/styles.xml" not in archive.namelist():
        return frozenset()
    content = archive.read("xl/styles.xml")
    if b"strike" not in content:
        return frozenset()
    root = ET.fromstring(content)  # noqa: S314  (same)
    parts = {_local(element.tag): element for element in root}
    fonts = {str(at) for at, font in enumerate(parts.get("fonts", ())) if any(_is_strike(e) for e in font)}
    formats = enumerate(parts.get("cellXfs", ()))
    return frozenset(str(at).encode() for at, form in formats if form.get("fontId", "0") in fonts)


def _is_strike(element: ET.Element) -> bool:
    return _local(element.tag) == "strike" and element.get("val", "1") not in _FALSE


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _cell_before(block: bytes, at: int) -> bytes:
    start = max(block.rfind(b"<c ", 0, at), block.rfind(b":c ", 0, at))
    return block[start : block.find(b">", start)] if start >= 0 else b""


def _place(attributes: bytes) -> Place | None:
    ref = _REF.search(attributes)
    return (int(ref[2]), column_at(ref[1])) if ref else None


def column_at(letters: bytes) -> int:
    """Return the position of a column, ``A`` being 0."""
    at = 0
    for letter in letters:
        at = at * 26 + letter - 64
    return at - 1


def _area(corners: tuple[bytes, ...]) -> tuple[int, int, int, int] | None:
    first_column, first_row, last_column, last_row = corners
    area = int(first_row), column_at(first_column), int(last_row), column_at(last_column)
    return area if area[:2] != area[2:] else None


def _put(found: Found, cell: bytes, content: bytes) -> None:
    place = _place(cell)
    if place and len(found.texts) < MOST:
        found.texts.setdefault(place[0], {})[place[1]] = content.decode("ascii", "replace")
