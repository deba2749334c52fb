"""``python -m tests.crash [FLOW…]``: the app killed wherever that can matter in every flow; nothing lost or doubled.

A process that dies takes along what it remembers. So each invocation dies before its first call, and after each call
that may change something: whoever dies between two of these leaves what the earlier one left.
"""

from __future__ import annotations

import signal
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final, Literal

from infra.local.processes import ignore_signals
from tests.crash.cloud import Kill, a_world
from tests.crash.container import READS
from tests.crash.flows import FLOWS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.crash.cloud import Invocation, Memory, World
    from tests.crash.flows.flow import Flow
    from tests.standin.person import Person

WORLDS: Final = 2
"""How many flows are tried at a time."""
End = Literal["right", "wrong", "not killed"]


@dataclass
class Work:
    """The flows that nobody has begun. Once ``stopped``, no crash point is begun any more."""

    flows: SimpleQueue[Flow] = field(default_factory=SimpleQueue)
    stopped: threading.Event = field(default_factory=threading.Event)


def main(names: Sequence[str]) -> int:
    """Print each flow with its crash points, each failure, and the sum; return the exit code."""
    unknown = set(names) - {flow.name for flow in FLOWS}
    if unknown:
        print(f"No such flow: {', '.join(unknown)}. There are {', '.join(flow.name for flow in FLOWS)}.")  # noqa: T201 - the output
        return 2
    flows = [flow for flow in FLOWS if (flow.name in names if names else not flow.takes_long)]
    work = Work()
    for flow in flows:
        work.flows.put(flow)
    _end_on_signals()
    with ExitStack() as stack:
        worlds = [stack.enter_context(_a_world()) for _ in range(min(WORLDS, len(flows)))]
        workers = stack.enter_context(ThreadPoolExecutor(len(worlds)))
        stack.callback(work.stopped.set)
        tried = [workers.submit(_try_all, world, work) for world in worlds]
        ends = sum((each.result() for each in tried), Counter[End]())
    points, failures = ends["right"] + ends["wrong"], ends["wrong"]
    print(f"{len(flows)} flows, {points} crash points, {failures} failures")  # noqa: T201 - the output
    return int(failures > 0)


def _end_on_signals() -> None:
    def end(number: int, _frame: object) -> None:
        ignore_signals()
        raise SystemExit(128 + number)

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)


@contextmanager
def _a_world() -> Iterator[World]:
    with tempfile.TemporaryDirectory(prefix="sop-desk-crash-") as folder, a_world(Path(folder)) as world:
        yield world


def _try_all(world: World, work: Work) -> Counter[End]:
    ends = Counter[End]()
    while not work.stopped.is_set():
        try:
            flow = work.flows.get_nowait()
        except Empty:
            break
        ends += _try(world, flow, work.stopped)
    return ends


def _try(world: World, flow: Flow, stopped: threading.Event) -> Counter[End]:
    started = time.monotonic()
    world.open_for_the_day()
    person = flow.prepare(world)
    memory = world.remember()
    ends = Counter[End]()
    for kill, name in _kills(_run(world, flow, memory, person, None)):
        if stopped.is_set():
            return ends
        ends[_end(world, flow, memory, person, kill, name)] += 1
    # A call may be made less often than the time before: progress is told by the clock.
    unmade = f", {ends['not killed']} calls not made again" if ends["not killed"] else ""
    points, took = ends["right"] + ends["wrong"], time.monotonic() - started
    print(f"{flow.name}: {points} crash points, {ends['wrong']} failures{unmade}, {took:.0f} s", flush=True)  # noqa: T201 - the output
    return ends


def _kills(invocations: Sequence[Invocation]) -> Iterator[tuple[Kill, str]]:
    for invocation, (function, calls) in enumerate(invocations, 1):
        for call, name in enumerate(calls, 1):
            if call == 1:
                yield Kill(invocation=invocation, call=0), f"{function}, before {name}"
            if name not in READS:
                yield Kill(invocation=invocation, call=call), f"{function}, after {name}"


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
    world.look()
    flow.check(world, person)
    return made


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
