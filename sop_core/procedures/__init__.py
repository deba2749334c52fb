"""The procedures that ship. A checkout holds them as YAML, the deployed layer only in compiled form."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from sop_core.guidance import Procedure, UnknownName

HERE = Path(__file__).parent
COMPILED = ".msgpack"
SOURCES = "sources"
_DECODER = msgspec.msgpack.Decoder(Procedure)


def names() -> tuple[str, ...]:
    """Return the names of the procedures, in alphabetical order."""
    files = {path.stem for suffix in (COMPILED, ".yaml") for path in HERE.glob(f"*{suffix}")}
    return tuple(sorted(files - {SOURCES}))


@cache
def load(name: str) -> Procedure:
    """Return the procedure called ``name``, ready to answer.

    :raises UnknownName: naming the closest procedure there is.
    """
    if name not in names():
        raise UnknownName("procedure", name, names())
    compiled = HERE / f"{name}{COMPILED}"
    if compiled.exists():
        return decode(compiled.read_bytes())
    from sop_core.procedures import reading  # noqa: PLC0415 - needs PyYAML, which only a checkout has

    return reading.compiled(name)


def title(name: str) -> str:
    """Return how people call the procedure; one that no longer ships goes by its name."""
    return load(name).title if name in names() else name


def decode(data: bytes) -> Procedure:
    """Return the procedure that :func:`encode` wrote."""
    return _DECODER.decode(data)


def encode(procedure: Procedure) -> bytes:
    """Return the compiled form of ``procedure`` as bytes; the same procedure gives the same bytes."""
    return msgspec.msgpack.encode(procedure, order="deterministic")
