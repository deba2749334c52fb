"""What passes between the import and its reading child: msgpack messages, each with its length in front."""

from __future__ import annotations

import struct
from typing import IO, TYPE_CHECKING, BinaryIO, Final, Literal

import msgspec

from sop_core.transfers.cells import Cell  # noqa: TC001 - msgspec reads the annotation
from sop_core.transfers.marks import Marks  # noqa: TC001 - same
from sop_core.transfers.project import TAB
from sop_core.transfers.words import fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FOUND: Final = "found"
MISSING: Final = "missing"
LOST: Final = "lost"
"""The workbook names the tab, and its part is not in the file."""
ROWS: Final = "rows"
_LENGTH: Final = struct.Struct(">I")


class Frame(msgspec.Struct, array_like=True):
    """First the tabs' names as one row: ``found`` with the tab's marks, ``missing`` or ``lost``; then ``rows``."""

    kind: Literal["found", "missing", "lost", "rows"]
    rows: list[list[Cell]]
    marks: Marks | None = None


def projects_tab(names: Sequence[str]) -> str | None:
    """Return which tab is All Projects, whatever its spaces and capitals; of several, the one written most like it."""
    wanted = fold(TAB).replace(" ", "")
    alike = [name for name in names if fold(name).replace(" ", "") == wanted]
    return min(alike, key=lambda name: (name != TAB, name.strip() != TAB, len(name)), default=None)


def write_frame(out: BinaryIO, frame: Frame) -> None:
    """Write one frame."""
    content = _ENCODER.encode(frame)
    out.write(_LENGTH.pack(len(content)) + content)


def packed_frames(source: IO[bytes]) -> Iterator[bytes]:
    """Yield frames, still packed, until the source ends; a frame cut short ends it too."""
    while len(head := source.read(_LENGTH.size)) == _LENGTH.size:
        size = _LENGTH.unpack(head)[0]
        content = source.read(size)
        if len(content) < size:
            return
        yield content


_ENCODER: Final = msgspec.msgpack.Encoder()
unpack: Final = msgspec.msgpack.Decoder(Frame).decode
