"""What to say and do, with its source; inferred steps say that they are."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from sop_core.guidance import LANGUAGES
from sop_slack import blocks as b
from sop_slack.cards import LABELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sop_core.guidance import ChecklistGroup, Cite, Guidance, Step, Transfer, Translation
    from sop_slack.blocks import Block
    from sop_slack.run.screen import RunScreen

DONE_BY_THAT: Final = {
    "ask_update": "and its owner is told",
    "note": "and it stands in the case's thread",
    "attach": "and its thread says that they are there",
}
NO_NUMBER: Final = "no number is set; an admin sets it in `/sop-admin`, under “Numbers and links”."


def at_hand(screen: RunScreen) -> list[Block]:
    """Return the steps that the latest answer brought, below the warnings of earlier ones that stay."""
    _, now = _told(screen)
    return _kept(screen) + _shown(now, screen)


def before_the_questions(screen: RunScreen) -> list[Block]:
    """Return what comes before the questions of a form: all that is at hand but what closes the call."""
    _, now = _told(screen)
    return _kept(screen) + _shown(now[: _closes_at(now, screen)], screen)


def done(screen: RunScreen) -> list[Block]:
    """Return the earlier steps as one line."""
    before, _ = _told(screen)
    told = [f"{step.do[0]} ({step.id}{', not in the SOP' if step.inferred else ''})" for step in before if step.do]
    return b.contexts(f"Done: {' · '.join(told)}") if told else []


def closing(screen: RunScreen) -> list[Block]:
    """Return what comes after the questions of a form: the words that close the call, and what is done then."""
    _, now = _told(screen)
    return _shown(now[_closes_at(now, screen) :], screen)


def staying(screen: RunScreen) -> list[Block]:
    """Return the warnings that belong on every later screen."""
    steps = screen.guidance.steps
    return [part for step in steps if step.stays for warning in step.warn for part in _warning(warning)]


def after_case(screen: RunScreen) -> list[Block]:
    """Return the steps that wait until the case is open."""
    return _shown(screen.guidance.steps[_until_case(screen.guidance) :], screen)


def _told(screen: RunScreen) -> tuple[Sequence[Step], Sequence[Step]]:
    """Return the earlier steps, and those that the latest answer brought, up to the one that opens a case."""
    steps = screen.guidance.steps[: _until_case(screen.guidance)]
    # An end that brings no step of its own leaves the last one in sight: it may not be done yet.
    told = screen.earlier if screen.guidance.ask else max(0, min(screen.earlier, len(steps) - 1))
    return steps[:told], steps[told:]


def _closes_at(steps: Sequence[Step], screen: RunScreen) -> int:
    """Return which step closes the call: the last with words to say, where there are questions to ask before."""
    speaking = [place for place, step in enumerate(steps) if step.say]
    return speaking[-1] if speaking and screen.guidance.checklist else len(steps)


def _kept(screen: RunScreen) -> list[Block]:
    before, _ = _told(screen)
    return [part for step in before if step.stays for warning in step.warn for part in _warning(warning)]


def checklist(groups: Sequence[ChecklistGroup]) -> list[Block]:
    """Return the questions to ask meanwhile."""
    shown: list[Block] = []
    for group in groups:
        if group.questions:
            shown += [*b.sections(group.group, bold=True), b.bullets(group.questions)]
    return shown


def _until_case(guidance: Guidance) -> int:
    ids = [step.id for step in guidance.steps]
    return len(ids) if guidance.case is None else ids.index(guidance.case.step) + 1


def _shown(steps: Sequence[Step], screen: RunScreen) -> list[Block]:
    shown: list[Block] = [b.divider()] if steps else []
    for is_plain, together in groupby(steps, _is_plain):
        some = list(together)
        shown += _together(some) if is_plain else [part for step in some for part in _step(step, screen)]
    return shown


def _is_plain(step: Step) -> bool:
    """Return whether a step is merely something to do, so that it may stand with its neighbours."""
    return not (step.inferred or step.say or step.warn or step.transfer or step.promise or step.on_case)


def _together(steps: Sequence[Step]) -> list[Block]:
    ids = ", ".join(step.id for step in steps)
    cites = [cite for step in steps for cite in step.cites]
    return [b.bullets([text for step in steps for text in step.do]), *b.contexts(f"{ids} · {_cited(cites)}")]


def _step(step: Step, screen: RunScreen) -> list[Block]:
    shown = [part for warning in step.warn for part in _warning(warning)]
    for words in step.say:
        shown += [b.context("🗣️ *Say, word for word*"), b.quote(words, bold=True), *_translated(words, step, screen)]
    if step.do:
        shown.append(b.bullets(step.do))
    if step.transfer is not None:
        shown += _transfer(step.transfer, screen)
    return [*shown, *_promise(step, screen), *_on_case(step, screen), *_source(step)]


def _translated(words: str, step: Step, screen: RunScreen) -> list[Block]:
    """Return the approved translations that are wanted below the English, and the buttons to choose one."""
    held = [each for each in step.translations if each.script == words]
    # A run that has ended takes no choice any more, so all there is stands there.
    wanted = [each for each in held if screen.ended_at or each.language == screen.language]
    shown: list[Block] = []
    for each in wanted:
        approval = f"approved by {each.approved_by}, {each.approved_on}"
        heading = b.context(f"🗣️ *In {LANGUAGES[each.language]}* · {b.escape(approval)}")
        shown += [heading, b.quote(each.text, bold=True)]
    return shown if screen.ended_at or not held else [*shown, b.actions(*_languages(held, screen))]


def _languages(held: Sequence[Translation], screen: RunScreen) -> list[Block]:
    others = [each.language for each in held if each.language != screen.language]
    buttons = [b.button(f"Show {LANGUAGES[each]}", f"language:{each}", each) for each in others]
    hide = b.button("English only", "language:en", "en")
    return [*buttons, hide] if len(others) < len(held) else buttons


def _warning(text: str) -> list[Block]:
    return b.sections(text, before="⚠️ ", bold=True)


def _promise(step: Step, screen: RunScreen) -> list[Block]:
    moment = screen.due.get(step.promise) if step.promise else None
    return [b.section(f"⏰ That is by *{b.deadline(moment, screen.zone)}*.")] if moment else []


def _on_case(step: Step, screen: RunScreen) -> list[Block]:
    """Return where a step is done that is about the case which the project has already."""
    if step.on_case is None or not screen.open_cases:
        return []
    known = " or ".join(f"`{case.id}`" for case in screen.open_cases)
    action = LABELS[step.on_case].rstrip("…")
    return [b.section(f"📄 {known} is open: press *Details*, then *{action}*, {DONE_BY_THAT[step.on_case]}.")]


def _transfer(transfer: Transfer, screen: RunScreen) -> list[Block]:
    if transfer.to in screen.without_number:
        return [b.section(f"📞 *{b.escape(transfer.to)}* · {NO_NUMBER}")]
    wait = "" if transfer.wait_seconds is None else f"Wait {transfer.wait_seconds} seconds for an answer."
    voicemail = {True: "It has voicemail.", False: "It has no voicemail: never complete the transfer unanswered."}
    hints = " ".join(hint for hint in (wait, voicemail.get(transfer.voicemail, "")) if hint)  # type: ignore[arg-type]
    return [b.copyable(transfer.to), *([b.context(hints)] if hints else [])]


def _source(step: Step) -> list[Block]:
    if step.inferred:
        return [b.context(f"_Not in the SOP: check with your lead_ · {b.escape(step.gap or step.id)}")]
    return b.contexts(f"{step.id} · {_cited(step.cites)}")


def _cited(cites: Sequence[Cite]) -> str:
    lines: dict[str, set[int]] = {}
    for cite in cites:
        lines.setdefault(cite.document, set()).add(cite.line)
    return " · ".join(f"{document}, {_lines(sorted(found))}" for document, found in lines.items())


def _lines(found: Sequence[int]) -> str:
    return f"line {found[0]}" if len(found) == 1 else f"lines {found[0]} to {found[-1]}"
