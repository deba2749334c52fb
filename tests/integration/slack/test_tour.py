"""The tour of a request in the developers' guide: a call is made, and goes by every function there, in that order."""

from __future__ import annotations

import builtins
import importlib
import inspect
from contextlib import ExitStack, contextmanager
from types import FunctionType
from typing import TYPE_CHECKING, Any

from functions.deliver import app as deliver
from functions.sweep import app as sweep
from tests.builders.people import AGENT
from tests.integration.slack.test_infinity_run import REASON, as_homeowner
from tests.standin.person import Context
from tests.unit.docs.tour import stops

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.slack.conftest import Desk
    from tests.unit.docs.tour import Stop


def function(stop: Stop) -> FunctionType:
    """Return the function itself, without what decorates it."""
    path, name = stop
    module = path.removeprefix("layers/shared/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    unwrapped = inspect.unwrap(found)
    assert isinstance(unwrapped, FunctionType)
    return unwrapped


@contextmanager
def noted(stop: Stop, called: list[Stop]) -> Iterator[None]:
    """Note each call of a function.

    Its code is exchanged for a call of this note, which whoever imported the function before runs into as well: a trace
    of every call in the process would take ten times as long.
    """
    watched = function(stop)
    code = watched.__code__
    original = FunctionType(code, watched.__globals__, watched.__name__, watched.__defaults__, watched.__closure__)
    original.__kwdefaults__ = watched.__kwdefaults__

    def note(*given: Any, **named: Any) -> Any:
        called.append(stop)
        return original(*given, **named)

    name = f"__tour_{id(watched)}__"
    setattr(builtins, name, note)
    scope: dict[str, Any] = {}
    exec(f"def through(*given, **named): return {name}(*given, **named)", scope)  # noqa: S102 - a line of ours
    watched.__code__ = scope["through"].__code__
    try:
        yield
    finally:
        watched.__code__ = code
        delattr(builtins, name)


def a_call(desk: Desk) -> None:
    agent = desk.person(AGENT)
    agent.command("/infinity", "jane do")
    as_homeowner(agent)
    agent.click("answer:transfer_answered:no")
    agent.submit(reason_of_call=REASON)
    for record in desk.aws.records("DELIVER_QUEUE_URL"):
        deliver.handler({"Records": [record]}, Context())
    sweep.handler({}, Context())


def test_a_call_goes_by_every_function_of_the_tour_in_its_order(desk: Desk) -> None:
    desk.sheet()
    called: list[Stop] = []
    with ExitStack() as watching:
        for stop in set(stops()):
            watching.enter_context(noted(stop, called))
        a_call(desk)
    at = 0
    for stop in stops():
        assert stop in called[at:], f"{stop} is not called after the one before it"
        at = called.index(stop, at) + 1
