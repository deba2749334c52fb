"""What an uploaded procedure may be: read, compared with its sources, proven; or refused with file, line and reason."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sop_core import procedures
from sop_core.procedures import reading
from sop_core.publishing import LARGEST, Candidate, Refused, Upload, compare, examine, merged
from sop_core.verification import structure
from tests.builders.procedures import TEXT, rain, rain_file, rain_sources

if TYPE_CHECKING:
    from sop_core.publishing import Fault

NAMES = ("rain",)
BROUGHT = """
spans:
  - id: D9-4
    document: D9
    line: 4
    text: 'Then ask, “Is it dry now?” and note the answer.'
    cited_by: [RAI-3]
"""
WRONG_HASH = f"cited_by: [RAI-3]\n    sha256: {'b' * 64}"
NEWER = TEXT.replace('version: "7"', 'version: "8"')
CITING = NEWER.replace(
    'say: ["We are sorry."]\n        cites: [{id: RAI-3, span: D9-3}]',
    'say: ["We are sorry.", "Is it dry now?"]\n        cites: [{id: RAI-3, span: D9-3}, {id: RAI-3, span: D9-4}]',
)


Taken = dict[tuple[str, str], str]


def offered(text: str | bytes, brought: str | None = None, taken: Taken | None = None) -> Candidate:
    content = text if isinstance(text, bytes) else text.encode()
    second = None if brought is None else Upload("new spans.yaml", brought.encode())
    return examine(Upload("rain.yaml", content), second, rain_sources(), names=NAMES, taken=taken or {})


def refused(text: str | bytes, brought: str | None = None) -> tuple[Fault, ...]:
    with pytest.raises(Refused) as wrong:
        offered(text, brought)
    return wrong.value.faults


def line_of(text: str, words: str) -> int:
    return text[: text.index(words)].count("\n") + 1


def test_a_proven_file_is_compiled_with_the_spans_it_cites() -> None:
    candidate = offered(NEWER)

    assert candidate.procedure.version == "8"
    assert candidate.report.counts.combinations > 0
    assert {span.id for span in candidate.sources.spans} == {"D9-1", "D9-2", "D9-3"}
    assert candidate.text == NEWER


def test_a_byte_order_mark_is_no_mistake() -> None:
    assert offered(b"\xef\xbb\xbf" + NEWER.encode()).procedure.version == "8"


def test_a_new_script_brings_the_text_it_is_quoted_from() -> None:
    assert line_of(CITING, "D9-4") == refused(CITING)[0].line
    candidate = offered(CITING, BROUGHT)
    assert "Is it dry now?" in candidate.procedure.scripts()
    assert "D9-4" in {span.id for span in candidate.sources.spans}


def test_a_step_that_newly_cites_a_known_span_brings_that_span_again_with_itself_among_its_citers() -> None:
    span = next(each for each in rain_sources().spans if each.id == "D9-3")
    text = NEWER.replace("{id: RAI-1, span: D9-1}", "{id: RAI-1, span: D9-1}, {id: RAI-1, span: D9-3}")
    again = f"spans:\n  - {{id: D9-3, document: D9, line: 3, text: '{span.text}', cited_by: [RAI-3, RAI-1]}}"

    assert "does not know that RAI-1 cites it" in refused(text)[0].reason
    assert offered(text, again).procedure.version == "8"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("title: Rain", "title: Rain: x", "not YAML"),
        ("title: Rain", "titel: Rain", "unknown field `titel`"),
        ("      - {on: [no], go: dry}", "", "does not answer no"),
        ("      - {on: [none], go: dry}", "      - {on: [none], go: start}", "on or before a circle"),
        ("We are sorry.", "We are very sorry.", "says what no cited span has, letter for letter"),
        ("We are sorry.", "sorry " * 500, "length <= 2900"),
        ("procedure: rain", "procedure: train", "unknown procedure 'train': did you mean 'rain'?"),
        ("angry: [yes], damage: [any]", "angry: [no], damage: [any]", "combinations break it"),
        ("end: RAI-3}", "end: RAI-2}", "end should be RAI-2 and are RAI-3"),
    ],
)
def test_what_is_wrong_is_told_with_its_file_line_and_reason(old: str, new: str, reason: str) -> None:
    assert old in NEWER
    faults = refused(NEWER.replace(old, new, 1))

    assert {fault.file for fault in faults} == {"rain.yaml"}
    found = next(fault for fault in faults if reason in fault.reason)
    assert 1 <= found.line <= NEWER.count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "line_at", "reason"),
    [
        ("line: 4", "line: 4\n    line: 4", "line: 4", "'line' is there twice"),
        ("document: D9", "document: D8", "id:", "there is no document D8"),
        ("line: 4", "line: 5", "id:", "says another document or line"),
        ("cited_by: [RAI-3]", "cited_by: [RAI-1]", "id:", "RAI-1 does not cite D9-4"),
        (
            "cited_by: [RAI-3]",
            WRONG_HASH,
            "id:",
            "is not the text that was extracted",
        ),
        ("id: D9-4", "id: D9-3", "id:", "D9-3 is there already with other words"),
        ("cited_by: [RAI-3]", "cited: [RAI-3]", "cited:", "unknown field `cited`"),
    ],
)
def test_what_is_wrong_with_what_was_brought_is_told_in_its_file(old: str, new: str, line_at: str, reason: str) -> None:
    brought = BROUGHT.replace(old, new, 1)
    fault = refused(CITING, brought)[0]

    assert reason in fault.reason
    assert fault.file == "new spans.yaml"
    last = brought.rindex(line_at) if line_at != "id:" else brought.index(line_at)
    assert fault.line == brought[:last].count("\n") + 1


def test_other_content_under_a_version_that_is_taken_is_refused_and_the_same_is_not() -> None:
    with pytest.raises(Refused) as wrong:
        offered(TEXT.replace("title: Rain", "title: Heavy rain"), taken={("rain", "7"): rain().digest})
    (fault,) = wrong.value.faults
    assert (fault.line, "a version of its own" in fault.reason) == (line_of(TEXT, "version:"), True)
    assert offered(TEXT, taken={("rain", "7"): rain().digest}).procedure.digest == rain().digest


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
LONG = f"a: &a '{'x' * 2900}'\nb: [{', '.join(['*a'] * 2000)}]\n"
LONG_KEY = f"? &a '{'k' * 5000}'\n: [1]\n"
BINARY = "\n".join(
    f"  - {{name: f{n}, question: Q, answers: [{{value: yes, label: Y}}, {{value: no, label: N}}]}}" for n in range(40)
)


def asking_too_much() -> str:
    """A sound procedure of 2^40 and more combinations."""
    nodes = "".join(
        f"  - {{id: n{n}, ask: f{n}, branches: [{{on: [yes, no], go: {f'n{n + 1}' if n < 39 else 'dry'}}}]}}\n"
        for n in range(40)
    )
    text = NEWER.replace("nodes:\n", f"{BINARY}\nnodes:\n", 1)
    text = text.replace("  - id: dry\n", f"{nodes}  - id: dry\n").replace("[none], go: dry}", "[none], go: n0}")
    return text.replace("{on: [no], go: dry}", "{on: [no], go: n0}")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"PK\x03\x04 no text \xff\xfe", "not UTF-8 text"),
        (b"x" * (LARGEST + 1), "larger than 256 KB"),
        ("", "the file is empty"),
        ("just words", "Expected `object`"),
        (BOMB, "too large or too deep"),
        (LONG, "too large or too deep"),
        (LONG_KEY, "a key is one word"),
        ("[" * 100_000, "too large or too deep"),
        ("a:\n" + "".join(f"{' ' * n}- \n" for n in range(1, 400)), ""),
        ("- " * 60_000, "too large or too deep"),
        ("{a: " * 20_000, "too large or too deep"),
        ("!!python/object/apply:os.system ['true']", ""),
        (asking_too_much(), f"more combinations of answers than the {structure.MOST_COMBINATIONS:,}"),
    ],
    ids=[
        "binary",
        "huge",
        "empty",
        "words",
        "bomb",
        "long alias",
        "long key",
        "deep",
        "deep list",
        "inline",
        "maps",
        "code",
        "combinations",
    ],
)
def test_hostile_files_end_soon_in_a_reason(text: str | bytes, reason: str) -> None:
    fault = refused(text)[0]

    assert fault.file == "rain.yaml"
    assert fault.line >= 1
    assert reason in fault.reason


def test_a_changed_way_is_told_in_words() -> None:
    old, new = rain_file(), rain_file(NEWER.replace("{on: [no], go: dry}", "{on: [no], go: sorry}"))

    found = compare(old, new)
    assert found
    assert all("Calm" in change.when for change in found)
    assert any("ends in RAI-3 (Apologised), before in RAI-2" in text for change in found for text in change.differences)
    assert compare(old, old) == []


def with_questions(number: int) -> str:
    """Return a procedure that ends with so many questions of two answers; each doubles the paths."""
    facts = "".join(
        f"  - {{name: f{n}, question: Q, answers: [{{value: yes, label: Y}}, {{value: no, label: N}}]}}\n"
        for n in range(number)
    )
    following = [f"n{n}" for n in range(1, number)] + ["dry"]
    nodes = "".join(
        f"  - {{id: n{n}, ask: f{n}, branches: [{{on: [yes], go: {go}}}, {{on: [no], go: {go}}}]}}\n"
        for n, go in enumerate(following)
    )
    text = NEWER.replace("[none], go: dry}", "[none], go: n0}").replace("{on: [no], go: dry}", "{on: [no], go: n0}")
    text = text.replace("nodes:\n", f"{facts}nodes:\n", 1)
    return text.replace("  - id: dry\n", f"{nodes}  - id: dry\n")


def test_a_procedure_without_nodes_is_refused() -> None:
    head = NEWER[: NEWER.index("facts:")]
    assert [fault.reason for fault in refused(f"{head}facts: []\nnodes: []\n")] == ["a procedure starts with a node"]


def test_more_paths_than_can_be_proven_are_refused_before_they_are_walked() -> None:
    assert f"more paths than the {structure.MOST_PATHS:,}" in refused(with_questions(14))[0].reason


def test_more_pairs_of_paths_than_can_be_compared_are_not() -> None:
    many = rain_file(with_questions(9))
    assert compare(rain_file(), many)
    assert compare(many, many) is None


def test_what_both_have_of_a_span_is_who_cites_it() -> None:
    sources = rain_sources()
    assert merged(sources, sources) == sources


@pytest.mark.parametrize("name", ["infinity", "account_servicing", "autopay_opt_out", "supporting_documents"])
def test_a_shipped_file_uploaded_is_what_ships(name: str) -> None:
    content = (Path(procedures.HERE) / f"{name}.yaml").read_bytes()
    found = examine(Upload("x.yaml", content), None, reading.find_sources()[0], names=procedures.names(), taken={})

    assert found.file == reading.find(name).file
    assert found.procedure.digest == procedures.load(name).digest
