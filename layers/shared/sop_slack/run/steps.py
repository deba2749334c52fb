"""What to say and do, with its source; inferred steps say that they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sop_slack import blocks as b

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sop_core.guidance import ChecklistGroup, Cite, Guidance, Step, Transfer
    from sop_slack.blocks import Block
    from sop_slack.run.screen import RunScreen


def at_hand(screen: RunScreen) -> list[Block]:
    """Return the steps that the latest answer brought, up to the one that opens a case; earlier ones as one line."""
    steps = screen.guidance.steps[: _until_case(screen.guidance)]
    # An answer that brings no step of its own leaves the last one in sight.
    told = max(0, min(screen.earlier, len(steps) - 1))
    before, now = steps[:told], steps[told:]
    staying = [_warning(warning) for step in before if step.stays for warning in step.warn]
    return staying + _done(before) + _shown(now, screen)


def after_case(screen: RunScreen) -> list[Block]:
    """Return the steps that wait until the case is open."""
    return _shown(screen.guidance.steps[_until_case(screen.guidance) :], screen)


def checklist(groups: Sequence[ChecklistGroup]) -> list[Block]:
    """Return the questions to ask beside the procedure."""
    shown: list[Block] = []
    for group in groups:
        shown += [b.section(f"*{b.escape(group.group)}*"), b.bullets(group.questions)]
    return shown


def _until_case(guidance: Guidance) -> int:
    ids = [step.id for step in guidance.steps]
    return len(ids) if guidance.case is None else ids.index(guidance.case.step) + 1


def _done(steps: Sequence[Step]) -> list[Block]:
    done = [f"{step.do[0]} ({step.id}{', not in the SOP' if step.inferred else ''})" for step in steps if step.do]
    return [b.context(f"Done: {b.escape(' · '.join(done))}")] if done else []


def _shown(steps: Sequence[Step], screen: RunScreen) -> list[Block]:
    shown: list[Block] = [b.divider()] if steps else []
    for step in steps:
        shown += _step(step, screen)
    return shown


def _step(step: Step, screen: RunScreen) -> list[Block]:
    shown = [_warning(warning) for warning in step.warn]
    for words in step.say:
        shown += [b.context("🗣️ *Say, word for word*"), b.quote(words, bold=True)]
    if step.do:
        shown.append(b.bullets(step.do))
    if step.transfer is not None:
        shown += _transfer(step.transfer)
    return [*shown, *_promise(step, screen), b.context(_source(step))]


def _warning(text: str) -> Block:
    return b.section(f"⚠️ *{b.escape(text)}*")


def _promise(step: Step, screen: RunScreen) -> list[Block]:
    moment = screen.due.get(step.promise) if step.promise else None
    return [b.section(f"⏰ That is by *{b.time_in_reader_zone(moment)}*.")] if moment else []


def _transfer(transfer: Transfer) -> list[Block]:
    wait = "" if transfer.wait_seconds is None else f"Wait {transfer.wait_seconds} seconds for an answer."
    voicemail = {True: "It has voicemail.", False: "It has no voicemail: never complete the transfer unanswered."}
    hints = " ".join(hint for hint in (wait, voicemail.get(transfer.voicemail, "")) if hint)  # type: ignore[arg-type]
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
