"""The procedures that ship: as YAML, and in the deployed layer also in compiled form, which is what functions load."""

from __future__ import annotations

from functools import cache
from os import listdir

from sop_core.guidance import UnknownName
from sop_core.procedures.form import BadForm, decode, encode

TYPE_CHECKING = False

if TYPE_CHECKING:
    from sop_core.compiled import Procedure

__all__ = ["COMPILED", "HERE", "SOURCES", "BadForm", "decode", "encode", "load", "names", "title"]

HERE = __path__[0]
"""Their folder, as text: pathlib takes longer to import than the whole engine may."""

COMPILED = ".procedure"
SOURCES = "sources"


@cache
def names() -> tuple[str, ...]:
    """Return the names of the procedures, in alphabetical order."""
    files = {name.rpartition(".")[0] for name in listdir(HERE) if name.endswith((COMPILED, ".yaml"))}  # noqa: PTH208 - see HERE
    return tuple(sorted(files - {SOURCES}))


@cache
def load(name: str) -> Procedure:
    """Return the procedure called ``name``, ready to answer.

    :raises UnknownName: naming the closest procedure there is.
    """
    if name not in names():
        raise UnknownName("procedure", name, names())
    try:
        with open(f"{HERE}/{name}{COMPILED}", "rb") as compiled:  # noqa: PTH123 - see HERE
            return decode(compiled.read())
    except FileNotFoundError:
        from sop_core.procedures import reading  # noqa: PLC0415 - a checkout has the YAML alone

        return reading.compiled(name)


def title(name: str) -> str:
    """Return how people call the procedure; one that no longer ships goes by its name."""
    return load(name).title if name in names() else name
