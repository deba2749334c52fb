"""What was answered, by whom, and what is still asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sop_core.guidance import label
from sop_slack import blocks as b
from sop_slack.run.picker import FACT as PROJECT
from sop_slack.run.steps import done

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sop_core.guidance import Question
    from sop_slack.blocks import Block
    from sop_slack.run.screen import RunScreen

SOURCE_WORDS: Final = {
    "sheet": "From the transfer sheet",
    "groups": "From your Slack groups",
}

BUTTONS: Final = 25
RADIOS: Final = 10
"""So many an actions block, and radio buttons, may hold."""


def so_far(screen: RunScreen) -> list[Block]:
    """Return what lies behind, below what is to be said and done now: answers that can be changed, and steps done."""
    behind = [*_answered(screen), *done(screen)]
    return [b.divider(), b.context("*So far*"), *behind] if behind else []


def _answered(screen: RunScreen) -> list[Block]:
    """Return the agent's answers, each with a menu to change it, then what the system knew."""
    asked = [question for question in screen.guidance.asked if question.fact != PROJECT]
    # Our cases prove that there is one, not that it is the one meant: that stays the agent's to change.
    proved = [question for question in asked if screen.sources.get(question.fact, "store") != "store"]
    own = [question for question in asked if question not in proved]
    return [part for question in own for part in _own(question, screen)] + [_proved(each, screen) for each in proved]


def _own(question: Question, screen: RunScreen) -> list[Block]:
    value = screen.guidance.facts[question.fact]
    if question.multiple:
        menu = b.multi_select(f"answer_several:{question.fact}", _options(question), placeholder="Change", chosen=value)
    else:
        menu = b.select(f"answer_menu:{question.fact}", _options(question), placeholder="Change", chosen=value)
    *before, last = b.sections(question.question, bold=True)
    none = [] if value else b.sections(label(question, value))
    return [*before, last | {"accessory": menu, "block_id": f"fact:{question.fact}"}, *none]


def _proved(question: Question, screen: RunScreen) -> Block:
    answer = label(question, screen.guidance.facts[question.fact])
    source = SOURCE_WORDS.get(screen.sources[question.fact], "Known")
    return b.context(f"{source}: {b.escape(question.question)} *{b.escape(answer)}*")


def ask(question: Question, beside: Sequence[Block] = ()) -> list[Block]:
    """Return the question that is open, as the widget that its data names; ``beside`` is what is known about it."""
    hint = b.contexts(question.hint) if question.hint else ()
    heading = [*b.sections(question.question, bold=True), *hint, *beside]
    # An option holds less than a label may: what it cuts stands in full above it.
    labels = [each.label for each in question.answers]
    if max(map(len, labels)) > b.OPTION_TEXT:
        heading.append(b.bullets(labels))
    if question.multiple:
        return heading + _several(question)
    return [*heading, b.actions(*_choices(question), block_id=f"ask:{question.fact}")]


def _choices(question: Question) -> list[Block]:
    action = f"answer:{question.fact}"
    if question.widget == "buttons" and len(question.answers) <= BUTTONS:
        return [b.button(each.label, f"{action}:{each.value}", each.value) for each in question.answers]
    if len(question.answers) <= RADIOS:
        return [b.radio(action, _options(question))]
    return [b.select(action, _options(question), placeholder="Choose one")]


def _several(question: Question) -> list[Block]:
    menu = b.multi_select(f"pick:{question.fact}", _options(question), placeholder="Choose all that apply")
    go_on = b.button("Continue", f"answer_picked:{question.fact}", question.fact, style="primary")
    none = b.button("None of these", f"answer_none:{question.fact}", question.fact)
    return [
        b.section("Choose all that apply, then continue.", accessory=menu, block_id=f"pick:{question.fact}"),
        b.actions(go_on, none, block_id=f"ask:{question.fact}"),
    ]


def _options(question: Question) -> list[Block]:
    return [b.option(each.label, each.value) for each in question.answers]
