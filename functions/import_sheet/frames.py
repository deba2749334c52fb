"""What passes between the import and its reading child: msgpack messages, each with its length in front."""

from __future__ import annotations

import struct
from typing import IO, TYPE_CHECKING, BinaryIO, Final, Literal

import msgspec

from sop_core.transfers.cells import Cell  # noqa: TC001 - msgspec reads the annotation
from sop_core.transfers.words import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

FOUND: Final = "found"
MISSING: Final = "missing"
ROWS: Final = "rows"
TAB: Final = "All Projects"
_LENGTH: Final = struct.Struct(">I")


class Frame(msgspec.Struct, array_like=True):
    """``found`` or ``missing`` with the names of the tabs as its one row; then ``rows``."""

    kind: Literal["found", "missing", "rows"]
    rows: list[list[Cell]]


def is_projects_tab(name: str) -> bool:
    """Say whether a tab is All Projects, whatever its spaces and capitals."""
    return fold(name).replace(" ", "") == fold(TAB).replace(" ", "")


def write_frame(out: BinaryIO, frame: Frame) -> None:
    """Write one frame."""
    content = msgspec.msgpack.encode(frame)
    out.write(_LENGTH.pack(len(content)) + content)


def read_frames(source: IO[bytes]) -> Iterator[Frame]:
    """Yield frames until the source ends; a frame cut short ends it too."""
    while len(head := source.read(_LENGTH.size)) == _LENGTH.size:
        size = _LENGTH.unpack(head)[0]
        content = source.read(size)
        if len(content) < size:
            return
        yield msgspec.msgpack.decode(content, type=Frame)
