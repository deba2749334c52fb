"""Verification proves what ships, and catches every single thing that is removed, swapped or reworded."""

from __future__ import annotations

from copy import deepcopy
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from sop_core import procedures
from sop_core.procedure import ProcedureFile, Sources
from sop_core.procedures import reading
from sop_core.verification import verify, verify_sources
from sop_core.verification.outcomes import check_outcomes
from sop_core.verification.structure import check_structure
from sop_core.verification.wording import check_wording
from tests.builders.procedures import TEXT, rain_file, rain_sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Plain = dict[str, Any]
Mutant = tuple[str, Plain]

SHIPPED: dict[str, ProcedureFile] = {name: reading.find(name).file for name in procedures.names()}
SPANS: Sources = reading.find_sources()[0]
SOURCES: Plain = msgspec.json.decode(msgspec.json.encode(SPANS))


def plain(name: str) -> Plain:
    copy: Plain = msgspec.json.decode(msgspec.json.encode(SHIPPED[name]))
    return copy


def problems(changed: Plain, spans: Sources = SPANS) -> list[str]:
    try:
        file = msgspec.convert(changed, ProcedureFile)
    except msgspec.ValidationError as wrong:
        return [str(wrong)]
    others = tuple(each for name, each in SHIPPED.items() if name != file.procedure)
    # The cheap proofs first: most mutants do not need the walk over all combinations.
    found = (
        check_structure(file, spans)
        or check_wording(file, spans)
        or verify_sources((file, *others), spans)
        or check_outcomes(file, spans).problems
    )
    return [problem.message for problem in found]


def steps(of: Plain) -> Iterator[tuple[int, int, Plain]]:
    for at, node in enumerate(of["nodes"]):
        for number, step in enumerate(node["steps"]):
            yield at, number, step


def with_step(of: Plain, step_id: str) -> tuple[Plain, list[Plain]]:
    """Return a copy and the step in it: as often as there are nodes that share it."""
    copy = deepcopy(of)
    return copy, [step for node in copy["nodes"] for step in node["steps"] if step["id"] == step_id]


def never_both(one: Plain, other: Plain) -> bool:
    """Tell whether two steps are for different answers of one fact, so that their order means nothing."""
    facts = one["when"].keys() & other["when"].keys()
    return any(not set(one["when"][fact]) & set(other["when"][fact]) for fact in facts)


def without_an_answer(of: Plain) -> Iterator[Mutant]:
    for at, fact in enumerate(of["facts"]):
        for number, answer in enumerate(fact["answers"]):
            copy = deepcopy(of)
            copy["facts"][at]["answers"].pop(number)
            yield f"no answer {fact['name']}={answer['value']}", copy


def without_a_branch_answer(of: Plain) -> Iterator[Mutant]:
    for at, node in enumerate(of["nodes"]):
        for number, branch in enumerate(node["branches"]):
            for answer in branch["on"]:
                copy = deepcopy(of)
                copy["nodes"][at]["branches"][number]["on"].remove(answer)
                yield f"{node['id']} without {answer}", copy


def with_branches_swapped(of: Plain) -> Iterator[Mutant]:
    for at, node in enumerate(of["nodes"]):
        for number in range(len(node["branches"]) - 1):
            copy = deepcopy(of)
            one, other = copy["nodes"][at]["branches"][number : number + 2]
            one["go"], other["go"] = other["go"], one["go"]
            yield f"{node['id']}: branches {number} and {number + 1} swapped", copy


def without_a_step(of: Plain) -> Iterator[Mutant]:
    for at, number, step in steps(of):
        copy = deepcopy(of)
        copy["nodes"][at]["steps"].pop(number)
        yield f"no {step['id']}", copy


def with_steps_swapped(of: Plain) -> Iterator[Mutant]:
    for at, node in enumerate(of["nodes"]):
        for number in range(len(node["steps"]) - 1):
            if never_both(*node["steps"][number : number + 2]):
                continue
            copy = deepcopy(of)
            copy["nodes"][at]["steps"][number : number + 2] = reversed(node["steps"][number : number + 2])
            yield f"{node['id']}: steps {number} and {number + 1} swapped", copy


def with_steps_of_two_nodes_swapped(of: Plain) -> Iterator[Mutant]:
    holders = [at for at, node in enumerate(of["nodes"]) if node["steps"]]
    for one, other in pairwise(holders):
        copy = deepcopy(of)
        nodes = copy["nodes"]
        if nodes[one]["steps"] != nodes[other]["steps"]:
            nodes[one]["steps"], nodes[other]["steps"] = nodes[other]["steps"], nodes[one]["steps"]
            yield f"steps of {nodes[one]['id']} and {nodes[other]['id']} swapped", copy


def reworded(words: list[str]) -> Iterator[list[str]]:
    for at, word in enumerate(words):
        yield words[:at] + words[at + 1 :]
        yield [*words[:at], word + "s", *words[at + 1 :]]
        if at + 1 < len(words) and word != words[at + 1]:
            yield [*words[:at], words[at + 1], word, *words[at + 2 :]]


def with_a_script_reworded(of: Plain) -> Iterator[Mutant]:
    for _, _, step in steps(of):
        for number, script in enumerate(step["say"]):
            for words in reworded(script.split(" ")):
                copy, found = with_step(of, step["id"])
                for each in found:
                    each["say"][number] = " ".join(words)
                yield f"{step['id']} says {' '.join(words)}", copy


def with_a_citation_changed(of: Plain) -> Iterator[Mutant]:
    spans = [span["id"] for span in SOURCES["spans"]]
    for _, _, step in steps(of):
        for number, cite in enumerate(step["cites"]):
            other = spans[(spans.index(cite["span"]) + 1) % len(spans)]
            for change in ({"span": other}, {"id": "INF-99"}):
                copy, found = with_step(of, step["id"])
                for each in found:
                    each["cites"][number] |= change
                yield f"{step['id']} with {change} for {cite}", copy


def without_a_citation(of: Plain) -> Iterator[Mutant]:
    for _, _, step in steps(of):
        for number, cite in enumerate(step["cites"]):
            copy, found = with_step(of, step["id"])
            for each in found:
                each["cites"].pop(number)
            yield f"{step['id']} without {cite['span']}", copy


def with_a_field_emptied(of: Plain) -> Iterator[Mutant]:
    empty: Plain = {
        "transfer": None,
        "case": None,
        "disposition": None,
        "own_disposition": False,
        "gap": None,
        "when": {},
    }
    for _, _, step in steps(of):
        for name, nothing in empty.items():
            if step[name] != nothing:
                copy, found = with_step(of, step["id"])
                for each in found:
                    each[name] = nothing
                yield f"{step['id']} without {name}", copy


def with_a_value_changed(of: Plain) -> Iterator[Mutant]:
    """Change what a case has from the SOP; a case that only inferred steps open is in our own words."""
    from_sop = {step["case"] for _, _, step in steps(of) if step["case"] and not step["gap"]}
    for at, case in enumerate(of["cases"]):
        if case["name"] in from_sop:
            for name in ("type", "subtype", "description", "assign_to"):
                copy = deepcopy(of)
                copy["cases"][at][name] = case[name][:-1]
                yield f"{case['name']} with another {name}", copy
            for number in range(len(case["tags"])):
                copy = deepcopy(of)
                copy["cases"][at]["tags"][number] = "John Doe"
                yield f"{case['name']} with another tag {number}", copy


def with_a_time_changed(of: Plain) -> Iterator[Mutant]:
    for _, _, step in steps(of):
        changes: list[Plain] = [{"promise": rule} for rule in (None, "24_business_hours") if step["promise"]]
        if step["transfer"]:
            waits = [wait for wait in (None, 20) if wait != step["transfer"]["wait_seconds"]]
            mails = [mail for mail in (None, True, False) if mail != step["transfer"]["voicemail"]]
            changes += [{"transfer": step["transfer"] | {"wait_seconds": wait}} for wait in waits]
            changes += [{"transfer": step["transfer"] | {"voicemail": mail}} for mail in mails]
        for change in changes:
            copy, found = with_step(of, step["id"])
            for each in found:
                each |= change  # noqa: PLW2901 - the step in the copy is meant
            yield f"{step['id']} with {change}", copy


def with_a_guard_changed(of: Plain) -> Iterator[Mutant]:
    facts = {fact["name"]: [answer["value"] for answer in fact["answers"]] for fact in of["facts"]}
    guarded = [
        (at, part, number, each["when"])
        for at, node in enumerate(of["nodes"])
        for part in ("steps", "checklists")
        for number, each in enumerate(node[part])
    ]
    for at, part, number, when in guarded:
        for fact, answers in when.items():
            others = [[each for each in answers if each != answer] for answer in answers]
            others += [[*answers, answer] for answer in facts[fact] if answer not in answers]
            for changed in others:
                copy = deepcopy(of)
                each = copy["nodes"][at][part][number]
                each["when"] = {fact: changed} if changed else {}
                same = [s for n in copy["nodes"] for s in n[part] if s.get("id") and s.get("id") == each.get("id")]
                for step in same:
                    step["when"] = each["when"]
                yield f"{part} {number} of {of['nodes'][at]['id']} for {changed}", copy


def with_a_checklist_changed(of: Plain) -> Iterator[Mutant]:
    for at, checklist in enumerate(of["checklists"]):
        questions = checklist["questions"]
        for number, question in enumerate(questions):
            rest = questions[:number] + questions[number + 1 :]
            shorter = [*questions[:number], question.rsplit(" ", 1)[0], *questions[number + 1 :]]
            for changed in (rest, shorter, [*rest, question] if rest else []):
                if changed != questions:
                    copy = deepcopy(of)
                    copy["checklists"][at]["questions"] = changed
                    yield f"{checklist['name']} asks {changed}", copy
        copy = deepcopy(of)
        copy["checklists"][at]["cites"].pop()
        yield f"{checklist['name']} cites less", copy
    for at, node in enumerate(of["nodes"]):
        for number, shown in enumerate(node["checklists"]):
            copy = deepcopy(of)
            copy["nodes"][at]["checklists"].pop(number)
            yield f"{node['id']} without {shown['name']}", copy


def with_a_list_changed(of: Plain) -> Iterator[Mutant]:
    for at, each in enumerate(of["lists"]):
        for number, item in enumerate(each["items"]):
            copy = deepcopy(of)
            copy["lists"][at]["items"][number]["text"] += "."
            yield f"{item['text']} reworded", copy
            copy = deepcopy(of)
            copy["lists"][at]["items"].pop(number)
            yield f"no {item['text']}", copy


def with_an_end_changed(of: Plain) -> Iterator[Mutant]:
    for at, node in enumerate(of["nodes"]):
        if node["end"]:
            others = {"fixed", "own", "none"} - {node["end"]["disposition"]}
            for change in ({"id": "INF-99"}, *({"disposition": owed} for owed in sorted(others))):
                copy = deepcopy(of)
                copy["nodes"][at]["end"] |= change
                yield f"{node['id']} with {change}", copy


def with_a_gap_changed(of: Plain) -> Iterator[Mutant]:
    for number, gap in enumerate(of["gaps"]):
        for change in ({"span": "D1-100"}, {"flagged": not gap["flagged"]}, {"id": "INF-99"}):
            copy = deepcopy(of)
            copy["gaps"][number] |= change
            yield f"{gap['id']} with {change}", copy
        copy = deepcopy(of)
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
    with_a_time_changed,
    with_a_guard_changed,
    with_a_checklist_changed,
    with_a_list_changed,
    with_an_end_changed,
    with_a_gap_changed,
)


NAMES = [pytest.param(name, marks=[pytest.mark.slow] * (name == "escalation")) for name in procedures.names()]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_one_thing_changed_is_always_caught(name: str, kind: Callable[[Plain], Iterator[Mutant]]) -> None:
    survivors = [label for label, mutant in kind(plain(name)) if not problems(mutant)]
    assert survivors == []


@pytest.mark.parametrize("name", procedures.names())
def test_what_ships_is_proven(name: str) -> None:
    assert problems(plain(name)) == []


def test_a_span_whose_text_or_line_was_touched_is_caught() -> None:
    files = tuple(SHIPPED.values())
    for at, span in enumerate(SOURCES["spans"]):
        for change in ({"text": span["text"] + " "}, {"line": span["line"] + 1}, {"sha256": "0" * 64}):
            touched = deepcopy(SOURCES)
            touched["spans"][at].update(change)
            assert verify_sources(files, msgspec.convert(touched, Sources)), (span["id"], change)


def test_a_span_that_nothing_cites_is_caught() -> None:
    unused = deepcopy(SOURCES)
    unused["spans"].append(unused["spans"][0] | {"id": "D1-10a"})
    found = verify_sources(tuple(SHIPPED.values()), msgspec.convert(unused, Sources))
    assert "nothing cites D1-10a" in [problem.message for problem in found]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{on: [any], go: damaged}", "{on: [any], go: start}", "start is on or before a circle"),
        ("{on: [none], go: dry}", "{on: [wall], go: dry}", "start does not answer ()"),
        ("{on: [none], go: dry}", "{on: [none], go: drry}", "there is no node drry"),
        ("ask: angry", "ask: angri", "there is no fact angri"),
        ("question: Are they", "holds_for: [roof]\n    question: Are they", "angry holds for roof, which is no fact"),
        ("question: Are they", "holds_for: [angry]\n    question: Are they", "what angry holds for runs in a circle"),
        ("{value: no, label: Calm}", "{value: none, label: Calm}", "no answer may be called none"),
        ("{value: no, label: Calm}", "{value: yes, label: Calm}", "angry has yes twice"),
        ("{on: [no], go: dry}", "{on: [yes, no], go: dry}", "damaged answers yes twice"),
        ("wait_seconds: 30", "wait_seconds: 20", "RAI-1 waits 20 seconds, and its spans 30"),
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
