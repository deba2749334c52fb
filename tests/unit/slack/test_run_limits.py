"""Every screen of every procedure is a modal within Slack's limits, and what is long is split, never cut."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.local.workspace import limits
from sop_core import procedures
from sop_core.guidance import Answer, CaseDraft, ChecklistGroup, Cite, Guidance, Question, Step
from sop_core.paths import Path, paths, same_class
from sop_core.procedures import reading
from sop_slack import blocks as b
from sop_slack.notes import ANSWER, NOTES, note
from sop_slack.run import RunScreen, Sheet, form_pages, run_modal
from tests.builders.cases import a_case, a_project
from tests.unit.slack.test_run import a_screen, an_end

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sop_core.procedure import ProcedureFile, Widget

OPEN_CASES = tuple(a_case(id=f"SOP-7K3M9QP{n}") for n in range(9))
CONFLICT = a_project(conflict=True)
STALE = Sheet(warning="The transfer sheet is 12 days old (limit 7): a project it lacks proves nothing.")


@pytest.mark.parametrize("name", procedures.names())
def test_every_screen_of_every_class_of_answers_is_a_modal_within_slacks_limits(name: str) -> None:
    file = reading.find(name).file
    screens = {repr(facts): facts for path in paths(file) for facts in _on_the_way(path, file)}
    assert len(screens) > len(procedures.load(name).facts)
    for facts in screens.values():
        known: dict[str, Any] = {"asks_project": name == "infinity", "sheet": STALE}
        told = a_screen(facts, name).guidance
        for page in range(len(form_pages(told))):
            crowded = a_screen(facts, name, **known, page=page, project=CONFLICT, open_cases=OPEN_CASES)
            limits.check_view(run_modal(crowded))
        limits.check_view(run_modal(a_screen(facts, name, **known, matches=(CONFLICT,) * 8, query="q" * 500)))
        if told.status == "done":
            limits.check_view(run_modal(an_end(facts, name, case=a_case() if told.case else None)))


def _on_the_way(path: Path, file: ProcedureFile) -> Iterator[dict[str, Any]]:
    """Yield the facts of a path after each answer, from none to all; of several answers, as many as the class holds."""
    representative = same_class(file)
    facts: dict[str, Any] = {}
    yield dict(facts)
    for fact, values in path.answers.items():
        facts[fact] = values[-1]
        if isinstance(values[-1], tuple):
            every = tuple(answer.value for each in file.facts if each.name == fact for answer in each.answers)
            facts[fact] = every if representative(fact, every) in values else values[-1]
        yield dict(facts)


def test_the_longest_form_there_is_asks_every_question_of_all_concerns_and_all_13_qualifiers() -> None:
    facts = every_concern()
    told = a_screen(facts, "escalation").guidance
    pages = form_pages(told)
    questions = [question for group in told.checklist for question in group.questions]
    assert len(questions) == 26
    assert [sum(len(group.questions) for group in page) for page in pages] == [13, 13, 0]
    labels = [
        block["label"]["text"]
        for page in range(len(pages))
        for block in run_modal(a_screen(facts, "escalation", page=page))["blocks"]
        if block["type"] == "input"
    ]
    assert told.case is not None
    assert labels[:26] == questions
    assert sorted(labels[26:]) == sorted(NOTES[name].label for name in told.case.notes)


def test_all_fields_filled_to_the_brim_fit_every_page_and_the_end() -> None:
    facts = every_concern()
    told = a_screen(facts, "escalation").guidance
    assert told.case is not None
    answers = {question: "🙂" * ANSWER for group in told.checklist for question in group.questions}
    notes = {name: "🙂" * note(name).max_length for name in told.case.notes} | answers
    for page in range(len(form_pages(told))):
        limits.check_view(run_modal(a_screen(facts, "escalation", page=page, notes=notes)))
    limits.check_view(run_modal(an_end(facts, "escalation", case=a_case(notes=notes))))


def test_the_script_closes_the_call_after_the_questions_and_the_warning_stays_on_every_page() -> None:
    facts = every_concern()
    shown = [json.dumps(run_modal(a_screen(facts, "escalation", page=page, earlier=4))) for page in range(3)]
    assert ["We take your concerns seriously" in each for each in shown] == [False, False, True]
    assert all("Never offer to escalate" in each for each in shown)
    assert ["form_back" in each for each in shown] == [False, True, True]


def every_concern() -> dict[str, Any]:
    answers = {name: tuple(each.value for each in question.answers) for name, question in _questions().items()}
    return {
        "customer_asked": "yes",
        "qualifiers": answers["qualifiers"],
        "existing_case": "no",
        "agrees_to_wait": "yes",
        "concerns": answers["concerns"],
    }


def _questions() -> dict[str, Question]:
    return procedures.load("escalation").facts


WORDS = st.text(alphabet="ab &<>é🙂", min_size=1, max_size=2900).filter(lambda text: text.strip() != "")
GROUPS = st.lists(
    st.builds(ChecklistGroup, WORDS, st.lists(WORDS, max_size=40).map(tuple)), min_size=1, max_size=6
).map(tuple)


def a_step(say: list[str], do: list[str], warn: list[str], *, inferred: bool) -> Step:
    cites = (Cite("ESC-9", "A document", 3),)
    return Step("ESC-9", tuple(say), tuple(do), tuple(warn), cites=cites, inferred=inferred)


# Built by a function: of a class, Hypothesis makes up the fields that are left out too, such as unknown languages.
STEPS = st.lists(
    st.builds(
        a_step,
        say=st.lists(WORDS, max_size=1),
        do=st.lists(WORDS, max_size=2),
        warn=st.lists(WORDS, max_size=1),
        inferred=st.booleans(),
    ),
    min_size=1,
    max_size=8,
).map(lambda steps: (*steps, Step("ESC-9.case")))


@given(GROUPS, STEPS)
@settings(max_examples=25)
def test_no_question_and_no_step_of_a_form_is_lost_however_long(
    groups: tuple[ChecklistGroup, ...], steps: tuple[Step, ...]
) -> None:
    case = CaseDraft("ESC-9.case", "Type", "Subtype", "Words", (), "Someone", "48_business_hours", ("reason_of_call",))
    told = _told(steps=steps, checklist=groups, case=case)
    pages = form_pages(told)
    texts = []
    for page in range(len(pages)):
        modal = run_modal(_screen(told, page=page))
        limits.check_view(modal)
        texts += _texts(modal)
    everything = "".join(texts)
    for question in (question for group in groups for question in group.questions):
        assert question in texts or _escaped(question) in everything
    for words in (words for step in steps for words in (*step.say, *step.do)):
        assert words in texts
    for warning in (warning for step in steps for warning in step.warn):
        assert _escaped(warning) in everything.replace("*⚠️ *", "")


@given(
    words=WORDS,
    hint=WORDS,
    labels=st.lists(WORDS, min_size=2, max_size=40, unique=True),
    multiple=st.booleans(),
    widget=st.sampled_from(["buttons", "list"]),
)
@settings(max_examples=25)
def test_a_question_is_asked_in_full_however_long_it_and_its_answers_are(
    *, words: str, hint: str, labels: list[str], multiple: bool, widget: Widget
) -> None:
    question = Question(
        "fact",
        words,
        tuple(Answer(f"a{place}", each) for place, each in enumerate(labels)),
        multiple=multiple,
        widget=widget,
        hint=hint,
    )
    modal = run_modal(_screen(_told(ask=question)))
    limits.check_view(modal)
    texts = _texts(modal)
    everything = "".join(texts)
    assert _escaped(words) in everything.replace("**", "")
    assert _escaped(hint) in everything
    assert all(each in texts for each in labels)


@given(WORDS, st.integers(min_value=6, max_value=3000))
def test_a_text_is_split_and_nothing_of_it_is_lost(text: str, limit: int) -> None:
    parts = b.pieces(text, limit)
    assert "".join(parts) == text
    assert all(part and len(b.escape(part)) <= limit for part in parts)


def _told(**changed: Any) -> Guidance:
    known: dict[str, Any] = {
        "procedure": "escalation",
        "version": "1",
        "status": "ask" if "ask" in changed else "done",
        "ask": None,
        "steps": (),
        "checklist": (),
        "case": None,
        "disposition": None,
        "end": None,
        "asked": (),
        "facts": {},
    }
    return Guidance(**known | changed)


def _screen(told: Guidance, **changed: Any) -> RunScreen:
    known: dict[str, Any] = {"title": "T", "metadata": "{}", "sources": {}, "sheet": Sheet(), "asks_project": False}
    return RunScreen(guidance=told, **known | changed)


def _escaped(text: str) -> str:
    return b.escape(text)


def _texts(modal: dict[str, Any]) -> list[str]:
    return list(limits.texts_of(modal))
