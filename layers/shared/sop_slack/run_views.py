"""The one modal of a run. It grows with the answers: what is known, what to say and do, what is still open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from sop_core.cases.lifecycle import full_description
from sop_slack import blocks as b
from sop_slack.notes import note, phone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sop_core.cases.case import Case
    from sop_core.guidance import Cite, Guidance, Question, Step
    from sop_core.transfers.project import Project
    from sop_slack.blocks import Block

CALLBACK: Final = "run"
MATCHES_SHOWN: Final = 8
NONE_OF_THESE: Final = "not_found"
CANNOT_TELL: Final = "cannot_tell"
SOURCE_WORDS: Final = {"sheet": "From the transfer sheet", "groups": "From your Slack groups"}


class Sheet(msgspec.Struct, frozen=True):
    """The active transfer sheet as a screen needs it; ``warning`` says why it cannot prove that a project is absent."""

    warning: str | None = None
    describes: str = ""


class RunScreen(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the modal shows. ``guidance`` has its settings filled in; ``metadata`` is the run's id and version.

    The first ``earlier`` steps were told before the latest answer: they are done, and shown as one quiet line.
    """

    title: str
    metadata: str
    guidance: Guidance
    sources: dict[str, str]
    sheet: Sheet
    project: Project | None = None
    query: str = ""
    matches: tuple[Project, ...] = ()
    earlier: int = 0
    searching: bool = False
    notes: dict[str, str] = {}
    open_cases: tuple[Case, ...] = ()
    case: Case | None = None


def run_modal(screen: RunScreen) -> Block:
    """Return the modal of a run as it stands."""
    if screen.case is not None:
        return _case_opened(screen, screen.case)
    shown = _known(screen) + _done(screen) + _steps(_at_hand(screen)) + _what_is_open(screen)
    submit = None if screen.guidance.status == "ask" else ("Open case" if screen.guidance.case else "Finish")
    return _modal(screen, shown, submit=submit)


def _modal(screen: RunScreen, shown: Sequence[Block], *, submit: str | None = None, close: str = "Close") -> Block:
    return b.modal(
        screen.title,
        shown,
        callback_id=CALLBACK,
        private_metadata=screen.metadata,
        submit=submit,
        close=close,
        notify_on_close=True,
    )


def _known(screen: RunScreen) -> list[Block]:
    shown = [] if screen.sheet.warning is None else [b.section(f"⚠️ {screen.sheet.warning}")]
    shown += _project(screen)
    asked_of_agent = [
        question
        for question in screen.guidance.asked
        if question.fact != "project" and question.fact not in screen.sources
    ]
    shown += [_answered(question, screen.guidance.facts[question.fact]) for question in asked_of_agent]
    proved = [
        question for question in screen.guidance.asked if question.fact in screen.sources and question.fact != "project"
    ]
    shown += [_proved(question, screen) for question in proved]
    return shown


def _project(screen: RunScreen) -> list[Block]:
    facts = screen.guidance.facts
    if screen.project is not None:
        return [
            b.typed_section(
                _project_text(screen.project),
                accessory=b.button("Change", "project_change", "change"),
                block_id="project",
            )
        ]
    if (answer := facts.get("project")) is not None:
        words = (
            "*Project*\nNot in the transfer sheet"
            if answer == NONE_OF_THESE
            else "*Project*\nCannot tell which, or whether it is one"
        )
        return [b.section(words, accessory=b.button("Change", "project_change", "change"), block_id="project")]
    return [] if screen.guidance.status == "done" else _picker(screen)


def _picker(screen: RunScreen) -> list[Block]:
    search = b.typeahead("project_search", placeholder="Name, address, phone or project id")
    if screen.searching:
        return [b.section("*Which project?*\n🔎 Searching the transfer sheet…")]
    unsure = [b.button("Cannot tell", "answer:project:cannot_tell", CANNOT_TELL)]
    if screen.sheet.warning is None:
        unsure.insert(0, b.button("None of these", "answer:project:not_found", NONE_OF_THESE))
    found = _matches(screen)
    prompt = "*Which project?*" if not screen.query else "*Which project?* Search again if it is not here."
    return [
        *found,
        b.section(prompt, accessory=search, block_id=f"search:{len(found)}"),
        b.actions(*unsure, block_id="project_unsure"),
    ]


def _matches(screen: RunScreen) -> list[Block]:
    if not screen.query:
        return []
    if not screen.matches:
        return [b.typed_section(f"Nothing in the transfer sheet looks like “{b.fit(screen.query, 200)}”.")]
    options = [project_option(project) for project in screen.matches[:MATCHES_SHOWN]]
    heading = b.typed_section(f"Best matches for “{b.fit(screen.query, 200)}”")
    return [heading, b.actions(b.radio("project_choose", options), block_id="project_matches")]


def project_option(project: Project) -> Block:
    """Return a project as a choice: who and where, then id, town and phone."""
    who = " · ".join(part for part in (project.homeowner or project.project_id or "No name", project.address) if part)
    more = " · ".join(part for part in (project.project_id, _town(project), phone(project.phone)) if part)
    return b.option(who, project.key, more)


def _town(project: Project) -> str:
    return " ".join(part for part in (project.city, project.state, project.zip) if part)


def _project_text(project: Project) -> str:
    owners = " and ".join(name for name in (project.homeowner, project.co_homeowner) if name)
    where = ", ".join(part for part in (project.address, _town(project)) if part)
    with_whom = f"Transferred to: {project.transferred_to}" if project.transferred_to else "No transfer recorded"
    status = " · ".join(part for part in (with_whom, project.status, project.milestone) if part)
    return "\n".join(
        line for line in (" · ".join(part for part in (project.project_id, owners) if part), where, status) if line
    )


def _answer_label(question: Question, value: str | tuple[str, ...]) -> str:
    values = (value,) if isinstance(value, str) else value
    return ", ".join(answer.label for answer in question.answers if answer.value in values)


def _answered(question: Question, value: str | tuple[str, ...]) -> Block:
    options = [b.option(answer.label, answer.value) for answer in question.answers]
    chosen = next((choice for choice in options if choice["value"] == value), None)
    menu = b.select(f"answer_menu:{question.fact}", options, placeholder="Change", chosen=chosen)
    return b.section(f"*{b.escape(question.question)}*", accessory=menu, block_id=f"fact:{question.fact}")


def _proved(question: Question, screen: RunScreen) -> Block:
    source = SOURCE_WORDS.get(screen.sources[question.fact], "Known")
    answer = _answer_label(question, screen.guidance.facts[question.fact])
    return b.context(f"{source}: {b.escape(question.question)} *{b.escape(answer)}*")


def _before_case(guidance: Guidance) -> tuple[Step, ...]:
    if guidance.case is None:
        return guidance.steps
    ids = [step.id for step in guidance.steps]
    return guidance.steps[: ids.index(guidance.case.step) + 1]


def _after_case(guidance: Guidance) -> tuple[Step, ...]:
    before = len(_before_case(guidance))
    return guidance.steps[before:]


def _at_hand(screen: RunScreen) -> tuple[Step, ...]:
    return _before_case(screen.guidance)[screen.earlier :]


def _done(screen: RunScreen) -> list[Block]:
    steps = _before_case(screen.guidance)[: screen.earlier]
    done = [f"{step.do[0]} ({step.id}{', not in the SOP' if step.inferred else ''})" for step in steps if step.do]
    return [b.context(f"Done: {b.escape(' · '.join(done))}")] if done else []


def _steps(steps: Sequence[Step]) -> list[Block]:
    shown: list[Block] = [b.divider()] if steps else []
    for step in steps:
        shown += _step(step)
    return shown


def _step(step: Step) -> list[Block]:
    shown = [b.section(f"⚠️ *{b.escape(warning)}*") for warning in step.warn]
    for words in step.say:
        shown += [b.context("🗣️ *Say, word for word*"), b.quote(words, bold=True)]
    if step.do:
        shown.append(b.bullets(step.do))
    if step.transfer is not None:
        shown += _transfer(step)
    return [*shown, b.context(_source(step))]


def _transfer(step: Step) -> list[Block]:
    transfer = step.transfer
    if transfer is None:
        return []
    wait = f"Wait {transfer.wait_seconds} seconds for an answer." if transfer.wait_seconds is not None else ""
    voicemail = {
        True: "It has voicemail.",
        False: "It has no voicemail: never complete the transfer unanswered.",
        None: "",
    }
    hints = " ".join(hint for hint in (wait, voicemail[transfer.voicemail]) if hint)
    return [b.copyable(transfer.to), *([b.context(hints)] if hints else [])]


def _source(step: Step) -> str:
    if step.inferred:
        return f"_Not in the SOP: check with your lead_ · {b.escape(step.gap or step.id)}"
    return f"{b.escape(step.id)} · {_cited(step.cites)}"


def _cited(cites: Sequence[Cite]) -> str:
    lines: dict[str, set[int]] = {}
    for cite in cites:
        lines.setdefault(cite.document, set()).add(cite.line)
    return " · ".join(f"{b.escape(document)}, {_lines(sorted(found))}" for document, found in lines.items())


def _lines(found: Sequence[int]) -> str:
    return f"line {found[0]}" if len(found) == 1 else f"lines {found[0]} to {found[-1]}"


def _what_is_open(screen: RunScreen) -> list[Block]:
    guidance = screen.guidance
    if guidance.ask is not None:
        return [] if guidance.ask.widget == "project_search" else _ask(guidance.ask)
    if guidance.case is not None:
        return _open_cases(screen.open_cases) + [
            _note_field(name, screen.notes.get(name, "")) for name in guidance.case.notes
        ]
    return _disposition(guidance)


def _ask(question: Question) -> list[Block]:
    heading = b.section(f"*{b.escape(question.question)}*")
    if question.hint:
        heading = b.section(f"*{b.escape(question.question)}*\n{b.escape(question.hint)}")
    if question.widget == "buttons":
        row = [
            b.button(answer.label, f"answer:{question.fact}:{answer.value}", answer.value)
            for answer in question.answers
        ]
        return [heading, b.actions(*row, block_id=f"ask:{question.fact}")]
    choices = b.radio(f"answer:{question.fact}", [b.option(answer.label, answer.value) for answer in question.answers])
    return [heading, b.actions(choices, block_id=f"ask:{question.fact}")]


def _note_field(name: str, initial: str) -> Block:
    wanted = note(name)
    element = b.text_input(name, initial=initial, multiline=wanted.multiline, max_length=wanted.max_length)
    return b.field(wanted.label, element, block_id=f"note:{name}", hint=wanted.hint)


def _open_cases(cases: Sequence[Case]) -> list[Block]:
    return [
        b.section(
            f"⚠️ This project already has an open case: `{case.id}` {b.escape(case.description)}, {case.state}, due "
            f"{b.time_in_reader_zone(case.due_at)}. Open another only if this is a new matter."
        )
        for case in cases[:3]
    ]


def _disposition(guidance: Guidance) -> list[Block]:
    return [] if guidance.disposition is None else [b.section("*Disposition*"), b.copyable(guidance.disposition)]


def _case_opened(screen: RunScreen, case: Case) -> Block:
    shown = [
        b.header("✅ The case is open"),
        b.copyable(case.id),
        b.section(f"The resolution team has it in their channel. Due {b.time_in_reader_zone(case.due_at)}."),
        *_steps(_after_case(screen.guidance)),
        *_disposition(screen.guidance),
        b.divider(),
        b.section("*Case fields, ready to copy*"),
        b.copyable(_salesforce(case)),
    ]
    return _modal(screen, shown, close="Done")


def _salesforce(case: Case) -> str:
    lines = [
        f"Case Type: {case.type}",
        f"Subtype: {case.subtype}",
        f"Case Description: {full_description(case)}",
        f"Case Feed: {' '.join(f'@{name}' for name in case.tags)}" if case.tags else "",
        f"Case Assignment: {case.assign_to}",
    ]
    return "\n".join(line for line in lines if line)
