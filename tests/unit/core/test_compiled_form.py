"""The compiled form: the same procedure, byte for byte again; anything else is refused in one sentence."""

from __future__ import annotations

import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from sop_core import procedures
from sop_core.compiler import compile_procedure
from sop_core.guidance import Cite, Procedure, guidance, trace
from sop_core.procedures import BadForm, decode, encode
from tests.builders.procedures import TEXT, TRANSLATED, rain, rain_file, rain_sources

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", procedures.names())
def test_the_compiled_form_is_the_same_procedure(name: str) -> None:
    procedure = procedures.load(name)
    data = encode(procedure)
    assert decode(data) == procedure
    assert encode(decode(data)) == data


def test_every_character_survives() -> None:
    odd = rain()._replace(title="“Ñ” 🌧\n\tone \\n two\r ", lists={"": ("", " ", "1", "None")})
    assert decode(encode(odd)) == odd


def test_a_translation_is_part_of_it() -> None:
    translated = compile_procedure(rain_file(TEXT + TRANSLATED), rain_sources())
    assert decode(encode(translated)) == translated


def signed(body: bytes) -> bytes:
    return b"procedure 1 %d\n%b" % (zlib.crc32(body), body)


def body() -> bytes:
    return encode(rain()).partition(b"\n")[2]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "no compiled procedure of this form"),
        (b"procedure 2 0\n", "no compiled procedure of this form"),
        (b"\x80\x04cos\nsystem\n", "no compiled procedure of this form"),
        (encode(rain())[:-1], "damaged"),
        (encode(rain()).replace(b"We are sorry.", b"We are happy."), "damaged"),
        (signed(b""), "not of this release"),
        (signed(b"0 1 0\n\nwords"), "holds something else"),
        (signed(body().rpartition(b"\n")[0]), "cut short"),
        (signed(body().replace(b"\nCite id document line\n", b"\nCite id document page\n")), "not of this release"),
        (signed(body().replace(b"\nCite id document line\n", b"\nEval id document line\n")), "not of this release"),
        (signed(body() + b" 99999"), "not of this release"),
        (signed(body().rpartition(b"\n")[0] + b"\nsystem 3"), "not of this release"),
    ],
)
def test_other_bytes_are_refused(data: bytes, sentence: str) -> None:
    with pytest.raises(BadForm, match=sentence):
        decode(data)


def test_every_cut_and_every_flipped_bit_is_refused() -> None:
    data = encode(rain())
    for at in range(0, len(data), 7):
        for changed in (data[:at], data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]):
            with pytest.raises(BadForm):
                decode(changed)


def test_a_field_that_came_later_has_its_default() -> None:
    """Published versions outlive a release: one from before these fields is read, and has none of what they hold."""
    later = {b"Step": b" translations promised_if on_case", b"Question": b" holds_for"}
    whole = body()
    assert all(fields + b"\n" in whole for fields in later.values())
    fewer = {kind: len(fields.split()) for kind, fields in later.items()}
    older = [line.rsplit(b" ", fewer.get(line.partition(b" ")[0], 0))[0] for line in whole.split(b"\n")]
    assert decode(signed(b"\n".join(older))) == rain()


def test_records_are_values_that_nobody_can_change() -> None:
    cite = Cite("RAI-1", "Weather", 1)
    assert cite == Cite(id="RAI-1", document="Weather", line=1)
    assert repr(cite) == "Cite(id='RAI-1', document='Weather', line=1)"
    with pytest.raises(AttributeError):
        cite.line = 2  # type: ignore[misc]
    with pytest.raises(AttributeError):
        cite.page = 2  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="line"):
        Cite("RAI-1", "Weather")  # type: ignore[call-arg]


def test_what_is_loaded_answers_as_what_was_compiled() -> None:
    procedure: Procedure = decode(encode(rain()))
    for facts in ({}, {"damage": ["wall", "roof"]}, {"damage": "none"}, {"damage": "roof", "angry": "yes"}):
        told = guidance(procedure, facts)
        assert told == guidance(rain(), facts)
        assert trace(told) == trace(guidance(rain(), facts))


def test_the_engine_imports_nothing_that_takes_long() -> None:
    """The bar is milliseconds (``make bench``); this names what breaks it, on any machine."""
    code = "import sys, sop_core.guidance, sop_core.procedures; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    slow = {
        "msgspec",
        "typing",
        "re",
        "enum",
        "json",
        "pathlib",
        "dataclasses",
        "inspect",
        "datetime",
        "yaml",
        "hashlib",
    }
    assert slow & set(done.stdout.split()) == set()
