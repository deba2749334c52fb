"""What the minute's sweep does: reminders, and whatever was left behind."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sop_core.times import parse
from tests.crash.flows.cases import an_open_case
from tests.crash.flows.flow import Flow, card, one_case

if TYPE_CHECKING:
    from tests.crash.cloud import World
    from tests.standin.person import Person

A_MINUTE: Final = timedelta(minutes=1)


def left_behind(world: World) -> Person:
    """Nobody was told of the last change of a case, since its wake-up was lost; now it is soon due, too."""
    priya = an_open_case(world)
    priya.press(card(world), "case_claim")
    world.lose_messages()
    [case] = world.all_cases()
    soon = case.remind_at
    assert soon is not None
    world.now = parse(soon) + A_MINUTE
    return priya


def a_minute_passes(world: World, _: Any) -> None:
    while world.invoke("sweep", {}).was_killed:
        world.now += A_MINUTE
    world.settle()


def told_and_reminded_once(world: World, _: Any) -> None:
    world.now += A_MINUTE
    a_minute_passes(world, None)
    one_case(world, "claimed", ("open", "claim", "remind"))


FLOWS: Final = (Flow(name="sweep", prepare=left_behind, act=a_minute_passes, check=told_and_reminded_once),)
