"""What was answered, by whom, and what is still asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sop_core.guidance import label
from sop_slack import blocks as b
from sop_slack.run.picker import FACT as PROJECT

if TYPE_CHECKING:
    from sop_core.guidance import Question
    from sop_slack.blocks import Block
    from sop_slack.run.screen import RunScreen

SOURCE_WORDS: Final = {
    "sheet": "From the transfer sheet",
    "groups": "From your Slack groups",
}


def answered(screen: RunScreen) -> list[Block]:
    """Return what was asked so far: the agent's answers, each with a menu to change it, then what the system knew."""
    asked = [question for question in screen.guidance.asked if question.fact != PROJECT]
    # Our cases prove that there is one, not that it is the one meant: that stays the agent's to change.
    proved = [question for question in asked if screen.sources.get(question.fact, "store") != "store"]
    own = [question for question in asked if question not in proved]
    return [_own(question, screen) for question in own] + [_proved(question, screen) for question in proved]


def _own(question: Question, screen: RunScreen) -> Block:
    value = screen.guidance.facts[question.fact]
    heading, block_id = f"*{b.escape(question.question)}*", f"fact:{question.fact}"
    if question.multiple:
        heading = heading if value else f"{heading}\n{b.escape(label(question, value))}"
        menu = b.multi_select(f"answer_several:{question.fact}", _options(question), placeholder="Change", chosen=value)
    else:
        menu = b.select(f"answer_menu:{question.fact}", _options(question), placeholder="Change", chosen=value)
    return b.section(heading, accessory=menu, block_id=block_id)


def _proved(question: Question, screen: RunScreen) -> Block:
    answer = label(question, screen.guidance.facts[question.fact])
    source = SOURCE_WORDS.get(screen.sources[question.fact], "Known")
    return b.context(f"{source}: {b.escape(question.question)} *{b.escape(answer)}*")


def ask(question: Question) -> list[Block]:
    """Return the question that is open, as the widget that its data names."""
    hint = f"\n{b.escape(question.hint)}" if question.hint else ""
    heading = f"*{b.escape(question.question)}*{hint}"
    if question.multiple:
        return _several(question, heading)
    if question.widget == "buttons":
        row = [b.button(each.label, f"answer:{question.fact}:{each.value}", each.value) for each in question.answers]
    else:
        row = [b.radio(f"answer:{question.fact}", _options(question))]
    return [b.section(heading), b.actions(*row, block_id=f"ask:{question.fact}")]


def _several(question: Question, heading: str) -> list[Block]:
    menu = b.multi_select(f"pick:{question.fact}", _options(question), placeholder="Choose all that apply")
    go_on = b.button("Continue", f"answer_picked:{question.fact}", question.fact, style="primary")
    none = b.button("None of these", f"answer_none:{question.fact}", question.fact)
    return [
        b.section(heading, accessory=menu, block_id=f"pick:{question.fact}"),
        b.actions(go_on, none, block_id=f"ask:{question.fact}"),
    ]


def _options(question: Question) -> list[Block]:
    return [b.option(each.label, each.value) for each in question.answers]
