"""A small procedure with everything Infinity does not need: several answers at once, checklists and a wait."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from sop_core.compiler import compile_procedure
from sop_core.procedures.reading import read_procedure, read_sources

if TYPE_CHECKING:
    from sop_core.guidance import Procedure
    from sop_core.procedure import ProcedureFile, Sources

UNTRAINED = {
    "channel": "phone",
    "caller_type": "homeowner",
    "authenticated": "yes",
    "project": "found",
    "workout_plan_trained": "no",
}
"""A call of a homeowner, as far as it goes before the agent, who lacks the training, transfers it."""
SPANS = {
    "D9-1": (
        "Ask, “Did it rain?” and wait for 30 seconds at Resolution Lead; they are prompted to leave a voicemail.",
        "[RAI-1]",
    ),
    "D9-2": ("Did the roof leak? Is the attic dry?", "[roof]"),
    "D9-3": ("Advise the caller, “We are sorry.”", "[RAI-3]"),
}

TEXT = """
procedure: rain
title: Rain
version: "7"
effective: 2026-01-02
audience: [agent]
facts:
  - name: damage
    question: What is damaged?
    multiple: true
    answers:
      - {value: roof, label: Roof}
      - {value: wall, label: Wall}
      - {value: floor, label: Floor}
  - name: angry
    question: Are they angry?
    answers:
      - {value: yes, label: Angry}
      - {value: no, label: Calm}
nodes:
  - id: start
    steps:
      - id: RAI-1
        say: ["Did it rain?"]
        do: ["Call {resolution_lead_skill}"]
        transfer: {to: "{resolution_lead_skill}", wait_seconds: 30, voicemail: true}
        cites: [{id: RAI-1, span: D9-1}]
    ask: damage
    branches:
      - {on: [any], go: damaged}
      - {on: [none], go: dry}
  - id: damaged
    checklists:
      - {name: roof, when: {damage: [roof]}}
    ask: angry
    branches:
      - {on: [yes], go: sorry}
      - {on: [no], go: dry}
  - id: sorry
    steps:
      - id: RAI-3
        say: ["We are sorry."]
        cites: [{id: RAI-3, span: D9-3}]
    end: {id: RAI-3, title: Apologised, disposition: none}
  - id: dry
    end: {id: RAI-2, title: Nothing to do, disposition: none}
checklists:
  - name: roof
    group: Roof
    questions: ["Did the roof leak?", "Is the attic dry?"]
    cites: [{id: RAI-2, span: D9-2}]
invariants:
  - id: sorry_only_for_the_angry
    rule: Nobody calm is told that we are sorry.
    never: {step: RAI-3}
    without: {angry: [yes], damage: [any]}
examples:
  - {facts: {damage: none}, steps: [RAI-1], transfers: ["{resolution_lead_skill}"], end: RAI-2}
  - {facts: {damage: [roof], angry: yes}, steps: [RAI-1, RAI-3], checklists: [roof],
     transfers: ["{resolution_lead_skill}"], end: RAI-3}
  - {facts: {damage: [wall], angry: no}, steps: [RAI-1], transfers: ["{resolution_lead_skill}"], end: RAI-2}
  - {facts: {damage: [roof, wall], angry: no}, steps: [RAI-1], checklists: [roof],
     transfers: ["{resolution_lead_skill}"], end: RAI-2}
  - {facts: {damage: [floor], angry: yes}, steps: [RAI-1, RAI-3], transfers: ["{resolution_lead_skill}"], end: RAI-3}
"""


TRANSLATED = """translations:
  - script: "We are sorry."
    language: es
    text: "Lo sentimos."
    approved_by: Ana Ruiz
    approved_on: 2026-01-01
"""


def rain_file(text: str = TEXT) -> ProcedureFile:
    return read_procedure(text, file="rain.yaml")[0]


def rain_sources(text: str = TEXT) -> Sources:
    """Return the sources of ``text``; where it says it is so sorry, so do they."""
    said = "We are so sorry." if "We are so sorry." in text else "We are sorry."
    lines = ["documents:", f"  - {{id: D9, title: Weather, sha256: {'a' * 64}, standing: current}}", "spans:"]
    for name, (words, cited_by) in SPANS.items():
        passage = words.replace("We are sorry.", said)
        digest = hashlib.sha256(passage.encode()).hexdigest()
        lines.append(f"  - {{id: {name}, document: D9, line: {name[3:]}, text: '{passage}', sha256: {digest},")
        lines.append(f"     cited_by: {cited_by}}}")
    return read_sources("\n".join(lines), file="sources.yaml")[0]


def rain() -> Procedure:
    return compile_procedure(rain_file(), rain_sources())
