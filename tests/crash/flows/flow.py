"""What a flow is, and what the flows share: the card in the channel, and the one case it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sop_slack.cards import case_message

if TYPE_CHECKING:
    from collections.abc import Callable

    from sop_core.cases.case import Case
    from tests.crash.cloud import World
    from tests.standin.person import Json, Person

CHANNEL: Final = "C0RESOLUT"


@dataclass(frozen=True, kw_only=True)
class Flow:
    """``prepare`` brings the world to where it begins; in ``act`` processes are killed; ``check`` looks at the end.

    What must be true of any flow, also in the moment of a crash, is in :mod:`tests.crash.truths`. A flow that
    ``takes_long`` is tried only when it is named.
    """

    name: str
    prepare: Callable[[World], Person]
    act: Callable[[World, Person], None]
    check: Callable[[World, Person], None]
    takes_long: bool = False


def card(world: World) -> Json:
    """Return the card as it stands in the channel."""
    [message] = world.slack.cards(CHANNEL)
    return message


def the_message(world: World) -> Json:
    """Return the only message that there is."""
    [message] = world.slack.messages
    return message


def one_case(world: World, state: str, actions: tuple[str, ...]) -> Case:
    """Check that there is one case in this state with these events, and one card that shows it."""
    [case] = world.all_cases()
    assert case.state == state
    assert tuple(event.action for event in world.cases.events(case.id)) == actions
    shown, wanted = card(world), case_message(case)
    assert (shown["text"], _seen(shown["blocks"])) == (wanted.text, _seen(list(wanted.blocks))), (
        "the card is out of date"
    )
    return case


def _seen(part: Any) -> Any:
    """Return what a person sees: without what names the version (a note makes no button late)."""
    match part:
        case dict():
            return {name: _seen(value) for name, value in part.items() if name not in {"value", "block_id"}}
        case list():
            return [_seen(each) for each in part]
        case _:
            return part
