"""Verification proves what ships, and catches every single thing that is removed, swapped or reworded."""

from __future__ import annotations

from copy import deepcopy
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from sop_core.procedure import ProcedureFile, Sources
from sop_core.procedures import reading
from sop_core.verification import verify, verify_sources
from sop_core.verification.structure import check_structure
from sop_core.verification.wording import check_wording
from tests.builders.procedures import TEXT, rain_file, rain_sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Plain = dict[str, Any]
Mutant = tuple[str, Plain]

INFINITY: Plain = msgspec.json.decode(msgspec.json.encode(reading.find("infinity").file))
SOURCES: Plain = msgspec.json.decode(msgspec.json.encode(reading.find_sources()[0]))


def problems(plain: Plain, sources: Plain = SOURCES) -> list[str]:
    try:
        file, spans = msgspec.convert(plain, ProcedureFile), msgspec.convert(sources, Sources)
    except msgspec.ValidationError as wrong:
        return [str(wrong)]
    # The cheap proofs first: most mutants do not need the walk over all combinations.
    found = (
        check_structure(file, spans)
        or check_wording(file, spans)
        or verify_sources((file,), spans)
        or verify(file, spans).problems
    )
    return [problem.message for problem in found]


def fresh() -> Plain:
    return deepcopy(INFINITY)


def steps() -> Iterator[tuple[int, int, Plain]]:
    for at, node in enumerate(INFINITY["nodes"]):
        for number, step in enumerate(node["steps"]):
            yield at, number, step


def with_step(step_id: str) -> tuple[Plain, list[Plain]]:
    """Return a copy and the step in it: as often as there are nodes that share it."""
    copy = fresh()
    return copy, [step for node in copy["nodes"] for step in node["steps"] if step["id"] == step_id]


def without_an_answer() -> Iterator[Mutant]:
    for at, fact in enumerate(INFINITY["facts"]):
        for number, answer in enumerate(fact["answers"]):
            copy = fresh()
            copy["facts"][at]["answers"].pop(number)
            yield f"no answer {fact['name']}={answer['value']}", copy


def without_a_branch_answer() -> Iterator[Mutant]:
    for at, node in enumerate(INFINITY["nodes"]):
        for number, branch in enumerate(node["branches"]):
            for answer in branch["on"]:
                copy = fresh()
                copy["nodes"][at]["branches"][number]["on"].remove(answer)
                yield f"{node['id']} without {answer}", copy


def with_branches_swapped() -> Iterator[Mutant]:
    for at, node in enumerate(INFINITY["nodes"]):
        for number in range(len(node["branches"]) - 1):
            copy = fresh()
            one, other = copy["nodes"][at]["branches"][number : number + 2]
            one["go"], other["go"] = other["go"], one["go"]
            yield f"{node['id']}: branches {number} and {number + 1} swapped", copy


def without_a_step() -> Iterator[Mutant]:
    for at, number, step in steps():
        copy = fresh()
        copy["nodes"][at]["steps"].pop(number)
        yield f"no {step['id']}", copy


def with_steps_swapped() -> Iterator[Mutant]:
    for at, node in enumerate(INFINITY["nodes"]):
        for number in range(len(node["steps"]) - 1):
            copy = fresh()
            copy["nodes"][at]["steps"][number : number + 2] = reversed(node["steps"][number : number + 2])
            yield f"{node['id']}: steps {number} and {number + 1} swapped", copy


def with_steps_of_two_nodes_swapped() -> Iterator[Mutant]:
    holders = [at for at, node in enumerate(INFINITY["nodes"]) if node["steps"]]
    for one, other in pairwise(holders):
        copy = fresh()
        nodes = copy["nodes"]
        nodes[one]["steps"], nodes[other]["steps"] = nodes[other]["steps"], nodes[one]["steps"]
        yield f"steps of {nodes[one]['id']} and {nodes[other]['id']} swapped", copy


def reworded(words: list[str]) -> Iterator[list[str]]:
    for at, word in enumerate(words):
        yield words[:at] + words[at + 1 :]
        yield [*words[:at], word + "s", *words[at + 1 :]]
        if at + 1 < len(words) and word != words[at + 1]:
            yield [*words[:at], words[at + 1], word, *words[at + 2 :]]


def with_a_script_reworded() -> Iterator[Mutant]:
    for _, _, step in steps():
        for number, script in enumerate(step["say"]):
            for words in reworded(script.split(" ")):
                copy, found = with_step(step["id"])
                for each in found:
                    each["say"][number] = " ".join(words)
                yield f"{step['id']} says {' '.join(words)}", copy


def with_a_citation_changed() -> Iterator[Mutant]:
    spans = [span["id"] for span in SOURCES["spans"]]
    for _, _, step in steps():
        for number, cite in enumerate(step["cites"]):
            other = spans[(spans.index(cite["span"]) + 1) % len(spans)]
            for change in ({"span": other}, {"id": "INF-99"}):
                copy, found = with_step(step["id"])
                for each in found:
                    each["cites"][number] |= change
                yield f"{step['id']} with {change} for {cite}", copy


def without_a_citation() -> Iterator[Mutant]:
    for _, _, step in steps():
        for number, cite in enumerate(step["cites"]):
            copy, found = with_step(step["id"])
            for each in found:
                each["cites"].pop(number)
            yield f"{step['id']} without {cite['span']}", copy


def with_a_field_emptied() -> Iterator[Mutant]:
    empty: Plain = {
        "transfer": None,
        "case": None,
        "disposition": None,
        "own_disposition": False,
        "gap": None,
        "when": {},
    }
    for _, _, step in steps():
        for name, nothing in empty.items():
            if step[name] != nothing:
                copy, found = with_step(step["id"])
                for each in found:
                    each[name] = nothing
                yield f"{step['id']} without {name}", copy


def with_a_value_changed() -> Iterator[Mutant]:
    for name in ("type", "subtype", "description", "assign_to"):
        copy = fresh()
        copy["cases"][0][name] = copy["cases"][0][name][:-1]
        yield f"case with another {name}", copy
    for number in range(len(INFINITY["cases"][0]["tags"])):
        copy = fresh()
        copy["cases"][0]["tags"][number] = "John Doe"
        yield f"case with another tag {number}", copy


def with_a_list_changed() -> Iterator[Mutant]:
    for number, item in enumerate(INFINITY["lists"][0]["items"]):
        copy = fresh()
        copy["lists"][0]["items"][number]["text"] += "."
        yield f"{item['text']} reworded", copy
        copy = fresh()
        copy["lists"][0]["items"].pop(number)
        yield f"no {item['text']}", copy


def with_an_end_changed() -> Iterator[Mutant]:
    for at, node in enumerate(INFINITY["nodes"]):
        if node["end"]:
            others = {"fixed", "own", "none"} - {node["end"]["disposition"]}
            for change in ({"id": "INF-99"}, *({"disposition": owed} for owed in sorted(others))):
                copy = fresh()
                copy["nodes"][at]["end"] |= change
                yield f"{node['id']} with {change}", copy


def with_a_gap_changed() -> Iterator[Mutant]:
    for number, gap in enumerate(INFINITY["gaps"]):
        for change in ({"span": "D1-100"}, {"flagged": not gap["flagged"]}, {"id": "INF-99"}):
            copy = fresh()
            copy["gaps"][number] |= change
            yield f"{gap['id']} with {change}", copy
        copy = fresh()
        copy["gaps"].pop(number)
        yield f"no gap {gap['id']}", copy


KINDS = (
    without_an_answer,
    without_a_branch_answer,
    with_branches_swapped,
    without_a_step,
    with_steps_swapped,
    with_steps_of_two_nodes_swapped,
    with_a_script_reworded,
    with_a_citation_changed,
    without_a_citation,
    with_a_field_emptied,
    with_a_value_changed,
    with_a_list_changed,
    with_an_end_changed,
    with_a_gap_changed,
)


@pytest.mark.parametrize("kind", KINDS)
def test_one_thing_changed_is_always_caught(kind: Callable[[], Iterator[Mutant]]) -> None:
    survivors = [label for label, mutant in kind() if not problems(mutant)]
    assert survivors == []


def test_what_ships_is_proven() -> None:
    assert problems(INFINITY) == []


def test_a_span_whose_text_or_line_was_touched_is_caught() -> None:
    for at, span in enumerate(SOURCES["spans"]):
        for change in ({"text": span["text"] + " "}, {"line": span["line"] + 1}, {"sha256": "0" * 64}):
            touched = deepcopy(SOURCES)
            touched["spans"][at].update(change)
            assert problems(INFINITY, touched), (span["id"], change)


def test_a_span_that_nothing_cites_is_caught() -> None:
    unused = deepcopy(SOURCES)
    unused["spans"].append(unused["spans"][0] | {"id": "D1-10a"})
    assert "nothing cites D1-10a" in problems(INFINITY, unused)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{on: [any], go: damaged}", "{on: [any], go: start}", "start is on or before a circle"),
        ("{on: [none], go: dry}", "{on: [wall], go: dry}", "start does not answer ()"),
        ("{on: [none], go: dry}", "{on: [none], go: drry}", "there is no node drry"),
        ("ask: angry", "ask: angri", "there is no fact angri"),
        ("{value: no, label: Calm}", "{value: none, label: Calm}", "no answer may be called none"),
        ("{value: no, label: Calm}", "{value: yes, label: Calm}", "angry has yes twice"),
        ("{on: [no], go: dry}", "{on: [yes, no], go: dry}", "damaged answers yes twice"),
        ("wait_seconds: 30", "wait_seconds: 20", "no span that RAI-1 cites says to wait 20 seconds"),
        ('["Did the roof leak?",', '["Did the roof burn?",', "roof asks what no cited span has, letter for letter"),
        ('do: ["Call {resolution_lead_skill}"]', 'do: ["Call {lead}"]', "there is no setting lead"),
        ('do: ["Call {resolution_lead_skill}"]', 'do: ["Call {0.real}"]', "stray brace in RAI-1"),
        ('["Did it rain?"]', '["Did {it} rain?"]', "RAI-1 has a setting in a script: scripts never interpolate"),
        ("{angry: [yes], damage: [any]}", "{angry: [no]}", "3 combinations break it: Nobody calm is told that we are"),
        ("when: {damage: [roof]}", "when: {angry: [yes]}", "roof is never shown"),
    ],
)
def test_a_mistake_is_named(old: str, new: str, message: str) -> None:
    assert old in TEXT
    found = [problem.message for problem in verify(rain_file(TEXT.replace(old, new)), rain_sources()).problems]
    assert any(message in each for each in found), found


def test_several_answers_are_proven_by_classes_and_both_counts_are_told() -> None:
    report = verify(rain_file(), rain_sources())
    assert report.problems == ()
    assert (report.counts.combinations, report.counts.answer_sets) == (4 * 2, 8 * 2)
