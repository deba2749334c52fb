"""What a warm answer takes: our own time by kind of request, the whole of it on the local AWS, and what it is spent on.

Own time is the processor time of the request's thread: waiting for AWS, Slack or a busy machine is not ours.
"""

from __future__ import annotations

import re
from collections import Counter
from cProfile import Profile
from pstats import Stats
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from tests.bench.flows import a_desk
from tests.bench.measure import Measure
from tests.builders.people import AGENT, PRIYA

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.bench.flows import Desk
    from tests.bench.metered import Used

CALLS: Final = 20
PROFILED: Final = 4
OWN_MS: Final = 30
WHOLE_MS: Final = 300
PARTS: Final = tuple(
    map(re.compile, (r"site-packages/([^/.]+)", r"/(sop_core|sop_aws|sop_slack|functions|tests)/", r"/(lib/python3)"))
)
WAITING: Final = re.compile(r"recv_into|'connect'|'select'|'poll'|sendall|lock")
NAMED: Final = {"lib/python3": "Python's own library", "~": "built in", "functions": "our functions"}


def measures() -> Iterator[Measure]:
    """Yield own time and whole time of all answers, each kind's, and the parts of the profile."""
    with a_desk() as desk:
        _work(desk, CALLS)
        used = [each for each in desk.meter.used if each.function == "slack"]
        profile = Profile()
        desk.meter.profile = profile
        _work(desk, PROFILED)
    own = sorted(1000 * each.processor for each in used)
    figure = f"p50 {median(own):.1f}, p99 {_percentile(own, 99):.1f}, worst {own[-1]:.1f} ms"
    count = f"{len(own)} requests; by the clock p99 {_percentile(sorted(1000 * each.own for each in used), 99):.0f} ms"
    yield Measure("any ack, warm, our own time", figure, f"p99 < {OWN_MS} ms", _percentile(own, 99) < OWN_MS, count)
    whole = sorted(1000 * each.wall for each in used)
    figure = f"p50 {median(whole):.0f}, p99 {_percentile(whole, 99):.0f}, worst {whole[-1]:.0f} ms"
    calls = f"with {median(sum(each.aws.values()) for each in used):.0f} calls of AWS at the median"
    within = _percentile(whole, 99) < WHOLE_MS
    yield Measure("the whole interaction on the local AWS", figure, f"p99 < {WHOLE_MS} ms", within, calls)
    for kind in dict.fromkeys(each.kind for each in used):
        yield _of_kind(kind, [each for each in used if each.kind == kind])
    yield Measure(
        "what own time is spent on", _parts(profile), "", within=True, beside="from a profile of the same calls"
    )


def _work(desk: Desk, calls: int) -> None:
    for _ in range(calls):
        desk.see_to(desk.call())
        desk.home(PRIYA)
        desk.home(AGENT)


def _of_kind(kind: str, used: Sequence[Used]) -> Measure:
    own, whole = (sorted(1000 * getattr(each, name) for each in used) for name in ("processor", "wall"))
    figure = f"own p50 {median(own):.1f}, p95 {_percentile(own, 95):.1f} ms"
    beside = f"whole p50 {median(whole):.0f}, p95 {_percentile(whole, 95):.0f} ms, {len(used)} times"
    return Measure(f"  {kind}", figure, "", within=True, beside=beside)


def _percentile(ranked: Sequence[float], percent: int) -> float:
    return ranked[min(len(ranked) - 1, len(ranked) * percent // 100)]


def _parts(profile: Profile) -> str:
    spent: Counter[str] = Counter()
    stats: Any = Stats(profile)
    for (file, _, name), (_, _, own, _, _) in stats.stats.items():
        if not WAITING.search(name):
            spent[_part(file)] += round(1_000_000 * own)
    whole = sum(spent.values())
    return ", ".join(f"{part} {100 * share / whole:.0f} %" for part, share in spent.most_common(7))


def _part(file: str) -> str:
    part = next((found[1] for each in PARTS if (found := each.search(file))), file)
    return next((name for start, name in NAMED.items() if part.startswith(start)), part)
