"""A real workbook with bytes changed at random, in the file and in its parts, is read or refused with a sentence.

More examples than every day: ``pytest tests/property --hypothesis-profile=long``.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from functions.import_sheet.container import MEGABYTE
from functions.import_sheet.workbook import Limits, read_file
from infra.local.sample import make_rows, workbook_bytes
from sop_core.transfers.sheet import SheetError
from tests.builders.workbooks import with_parts

if TYPE_CHECKING:
    from collections.abc import Callable

    from sop_core.transfers.sheet import Reading

WHOLE = workbook_bytes(make_rows(projects=30))
LIMITS = Limits(processor_seconds=10, seconds=60.0, memory=512 * MEGABYTE)
SEEDS = range(settings().max_examples // 8)
XML = (
    b"<",
    b">",
    b'"',
    b"/",
    b"&amp;",
    b"&#0;",
    b"&x;",
    b"\xff",
    b"<c",
    b"</row>",
    b'r="XFD9"',
    b"99999999999999999999",
)


def in_the_file(chance: random.Random) -> bytes:
    """Change some bytes of the zip itself."""
    changed = bytearray(WHOLE)
    for _ in range(chance.randint(1, 8)):
        changed[chance.randrange(4, len(changed))] = chance.randrange(256)
    return bytes(changed)


def in_a_part(chance: random.Random) -> bytes:
    """Change what one or two of its parts say, and pack them again."""
    names = ["xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"]
    names += [f"xl/worksheets/sheet{n}.xml" for n in range(1, 6)]
    chosen = chance.sample(names, 2)

    def change(name: str, content: bytes) -> bytes:
        for _ in range(chance.randint(1, 6) if name in chosen else 0):
            at, length = chance.randrange(len(content)), chance.choice((0, 1, 7, 200))
            content = content[:at] + chance.choice(XML) + content[at + length :]
        return content

    return with_parts(WHOLE, change)


def among_the_parts(chance: random.Random) -> bytes:
    """Leave a part out, empty it, cut it short, or let it say what another says."""
    parts: dict[str, bytes] = {}
    with_parts(WHOLE, parts.setdefault)
    chosen, other = chance.sample(sorted(parts), 2)
    becomes = chance.choice((None, b"", parts[other], parts[chosen][: len(parts[chosen]) // 2], parts[chosen] * 2))
    return with_parts(WHOLE, lambda name, content: becomes if name == chosen else content)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("mutate", [in_the_file, in_a_part, among_the_parts])
def test_a_mutated_workbook_is_read_or_refused_with_a_sentence(
    mutate: Callable[[random.Random], bytes], seed: int
) -> None:
    found = outcome(mutate(random.Random(seed)))  # noqa: S311 - repeatable, not secret

    if isinstance(found, SheetError):
        assert found.message.endswith(".")
    else:
        assert found.rows == len(found.projects) + found.merged + found.rejected


def outcome(data: bytes) -> Reading | SheetError:
    try:
        return read_file(data, limits=LIMITS)
    except SheetError as refusal:
        return refusal
