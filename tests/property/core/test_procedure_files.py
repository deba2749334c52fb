"""A procedure file with anything in it changed is a version, or is refused in sentences that name file and line.

More examples than every day: ``pytest tests/property --hypothesis-profile=long``.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_core.procedures import reading
from sop_core.publishing import LARGEST, Candidate, Refused, Upload, examine
from tests.builders.procedures import TEXT, rain_sources

if TYPE_CHECKING:
    from collections.abc import Sequence

SHIPPED: Final = (reading.HERE / "infinity.yaml").read_text(encoding="utf-8")
SECONDS: Final = 60
"""Half of what Lambda gives the publish function; the proof of what ships takes about a tenth of a second."""
ODD: Final = st.sampled_from(
    [
        "",
        "- ",
        "  ",
        "[",
        "]",
        "{",
        "}",
        ": ",
        "? ",
        "&a ",
        "*a",
        "<<: *a",
        "!!python/object/apply:os.system [id]",
        "!!binary x",
        "!!int soon",
        "|",
        ">",
        "---\n",
        "...\n",
        "%YAML 9.9\n",
        "\t",
        "\x00",
        "\ufeff",
        "\u2028",
        "'",
        '"',
        "null",
        "true",
        "1e999",
        "-1",
        "9" * 400,
        "x" * 20_000,
        "[" * 2_000,
        "{a: " * 2_000,
        "any",
        "none",
        "{infinity}",
        "RAI-1",
        "D9-1",
    ]
)


@st.composite
def changed(draw: st.DrawFn, text: str) -> str:
    """Return the text with a few of its lines or words replaced, doubled, moved, cut off or interrupted."""
    lines = text.split("\n")
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["replace", "insert", "value", "double", "move", "drop", "indent"])):
            case "replace":
                lines[at] = draw(ODD)
            case "insert":
                column = draw(st.integers(0, len(lines[at])))
                lines[at] = lines[at][:column] + draw(ODD | st.text(max_size=5)) + lines[at][column:]
            case "value":
                lines[at] = f"{lines[at].partition(': ')[0]}: {draw(ODD)}"
            case "double":
                lines.insert(at, lines[at])
            case "move":
                lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(at))
            case "drop":
                del lines[at : at + draw(st.integers(1, 5))]
                lines = lines or [""]
            case _:
                lines[at] = draw(st.sampled_from(["  ", " ", "\t"])) + lines[at]
    return "\n".join(lines)


def outcome(content: bytes) -> Candidate | Refused:
    """Examine it as the publish function does, in bounded time."""
    began = time.monotonic()
    try:
        return examine(Upload("rain.yaml", content), None, rain_sources(), names=("rain",), taken={})
    except Refused as refused:
        return refused
    finally:
        assert time.monotonic() - began < SECONDS


def is_told(found: Candidate | Refused) -> bool:
    """Return whether a refusal says where and why, each in a line that can be read."""
    if isinstance(found, Candidate):
        return True
    told: Sequence[str] = [fault.reason for fault in found.faults]
    is_placed = all(fault.file and fault.line >= 1 for fault in found.faults)
    return is_placed and bool(told) and all(reason.strip() and "Traceback" not in reason for reason in told)


@given(text=changed(TEXT))
def test_a_procedure_with_anything_changed_is_a_version_or_refused_with_its_lines(text: str) -> None:
    assert is_told(outcome(text.encode(errors="replace")))


@given(text=changed(SHIPPED))
@settings(max_examples=settings().max_examples // 4)
def test_so_is_one_that_ships(text: str) -> None:
    assert is_told(outcome(text.encode(errors="replace")))


@given(content=st.binary(max_size=500))
def test_so_is_what_is_no_text_at_all(content: bytes) -> None:
    assert is_told(outcome(content))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a",
        b"[]",
        b"[" * 100_000,
        b"{a: " * 50_000,
        b"- " * 60_000,
        b"a: &a [" + b"x, " * 1000 + b"]\n" + b"".join(b"b%d: [*a, *a, *a]\n" % number for number in range(3000)),
        b"x: " + b"y" * LARGEST,
        TEXT.encode("utf-16"),
        TEXT.encode() + b"\xff\xfe",
        (TEXT + "# " + "z" * LARGEST).encode(),
        TEXT.replace("yes", "no").encode(),
    ],
    ids=[
        "empty",
        "word",
        "list",
        "deep list",
        "deep map",
        "dashes",
        "aliases",
        "long",
        "utf-16",
        "no utf-8",
        "large",
        "odd",
    ],
)
def test_what_is_far_from_a_procedure_is_refused_at_once(content: bytes) -> None:
    found = outcome(content)
    assert isinstance(found, Refused)
    assert is_told(found)
