"""``python -m tests.crash [FLOW…]``: the app killed at every call of every flow, and nothing lost or doubled."""

from __future__ import annotations

import sys
import tempfile
import time
import traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final, Literal

from tests.crash.cloud import Kill, a_world
from tests.crash.flows import FLOWS, Flow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.crash.cloud import Invocation, Memory, World
    from tests.crash.container import Moment
    from tests.standin.person import Person

WORLDS: Final = 2
"""How many flows are tried at a time."""
End = Literal["right", "wrong", "not killed"]
MOMENTS: Final[tuple[Moment, ...]] = ("before", "after")


def main(names: Sequence[str]) -> int:
    """Print each flow with its crash points, each failure, and the sum; return the exit code."""
    flows = [flow for flow in FLOWS if not names or flow.name in names]
    waiting = SimpleQueue[Flow]()
    for flow in flows:
        waiting.put(flow)
    with ThreadPoolExecutor(WORLDS) as workers:
        tried = [worker.result() for worker in [workers.submit(_try_all, waiting) for _ in range(WORLDS)]]
    points, failures = (sum(column) for column in zip(*tried, strict=True))
    print(f"{len(flows)} flows, {points} crash points, {failures} failures")  # noqa: T201 - the output
    return int(failures > 0)


def _try_all(waiting: SimpleQueue[Flow]) -> tuple[int, int]:
    points, failures = 0, 0
    with tempfile.TemporaryDirectory(prefix="sop-desk-crash-") as folder, a_world(Path(folder)) as world:
        while True:
            try:
                flow = waiting.get_nowait()
            except Empty:
                return points, failures
            tried, failed = _try(world, flow)
            points, failures = points + tried, failures + failed


def _try(world: World, flow: Flow) -> tuple[int, int]:
    started = time.monotonic()
    world.open_for_the_day()
    person = flow.prepare(world)
    memory = world.remember()
    ends = Counter(
        _end(world, flow, memory, person, kill, name) for kill, name in _kills(_run(world, flow, memory, person, None))
    )
    points = ends["right"] + ends["wrong"]
    # Progress is told by the clock, so that an import now and then makes a call less than the time before.
    unmade = f", {ends['not killed']} calls not made again" if ends["not killed"] else ""
    took = time.monotonic() - started
    print(f"{flow.name}: {points} crash points, {ends['wrong']} failures{unmade}, {took:.0f} s", flush=True)  # noqa: T201 - the output
    return points, ends["wrong"]


def _kills(invocations: Sequence[Invocation]) -> Iterator[tuple[Kill, str]]:
    for invocation, (function, calls) in enumerate(invocations, 1):
        for call, name in enumerate(calls, 1):
            for when in MOMENTS:
                yield Kill(invocation=invocation, call=call, when=when), f"{function}, {when} {name}"


def _end(world: World, flow: Flow, memory: Memory, person: Person, kill: Kill, name: str) -> End:
    try:
        _run(world, flow, memory, person, kill)
    except Exception:  # noqa: BLE001 - a failure is reported, and the next point is tried
        print(f"{flow.name}: killed in {name} ({kill}):\n{traceback.format_exc()}", flush=True)  # noqa: T201 - the output
        return "wrong"
    return "right" if world.was_killed else "not killed"


def _run(world: World, flow: Flow, memory: Memory, person: Person, kill: Kill | None) -> list[Invocation]:
    world.recall(memory)
    person = replace(person, view=deepcopy(person.view))
    world.start_counting(kill)
    flow.act(world, person)
    made, world.kill = list(world.invocations), None
    flow.check(world, person)
    return made


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
