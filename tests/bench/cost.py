"""What a thousand calls use of AWS and of Slack, metered, and what that costs at list prices.

Units are metered on the local AWS, which counts DynamoDB's as AWS does; own times are this machine's. Prices and waits
are assumptions, and stand below with their date.
"""

from __future__ import annotations

from itertools import groupby
from statistics import median
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.bench.flows import a_desk
from tests.bench.home import CASES, fill
from tests.bench.measure import Measure
from tests.builders.people import AGENT, PRIYA

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.bench.metered import Used

PRICES_OF: Final = "us-east-1, arm64, list prices as remembered in November 2026 from AWS's public pages, no free tier"
MILLION: Final = 1_000_000
PRICES: Final = {
    "HTTP API requests": 1.00 / MILLION,
    "Lambda requests": 0.20 / MILLION,
    "Lambda GB-s": 0.0000133334,
    "DynamoDB write units": 0.625 / MILLION,
    "DynamoDB read units": 0.125 / MILLION,
    "SQS FIFO requests": 0.50 / MILLION,
    "S3 GETs": 0.40 / MILLION,
    "log GB": 0.50,
}
"""Dollars for one."""
AWS_WAIT: Final = 0.005
SLACK_WAIT: Final = 0.150
"""Seconds that a call of AWS within the region, and one of Slack, is assumed to take."""
MEMORY: Final = {"slack": 1769, "deliver": 1024, "sweep": 256}
WHOLE_PROCESSOR: Final = 1769
"""MB of memory with which Lambda gives one whole processor. https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""
REPORT_LINES: Final = 350
"""Bytes of Lambda's own START, END and REPORT lines."""
ACCESS_LINE: Final = 220
ROUNDS: Final = 12
SWEEPS: Final = 3
FEW, MANY = "a minute, few cases", f"a minute, {CASES:,} live cases"
PER_HOUR: Final = 5000
WRITES, READS = 1000, 3000
"""Units a second that one partition takes.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html"""
SPREAD: Final = {"index pending": 8, "index due": 8}
"""Over how many partitions a shared key is spread by us; a key with an id of its own is as many as there are ids."""
ONE_PARTITION: Final = (
    "AUDIT#*",
    "index by_day",
    "index queue",
    "index pending",
    "index due",
    "ACTIVE",
    "SHEET#*",
    "OVERVIEW",
)


class Step(NamedTuple):
    """One kind of invocation: how often a call has it, and what one of them uses at the median."""

    function: str
    kind: str
    times: float
    used: Sequence[Used]

    def of(self, name: str) -> float:
        """Return the median of a figure."""
        return float(median(getattr(each, name) for each in self.used))

    def counted(self, name: str) -> dict[str, float]:
        """Return the counts of the invocation that has the median sum of them."""
        ranked = sorted((getattr(each, name) for each in self.used), key=lambda counts: sum(counts.values()))
        return dict(ranked[len(ranked) // 2])

    @property
    def billed(self) -> float:
        """Return the seconds that Lambda would bill: own processor time at this memory, and the waits as assumed."""
        own = self.of("processor") * max(1.0, WHOLE_PROCESSOR / MEMORY[self.function])
        return own + AWS_WAIT * sum(self.counted("aws").values()) + SLACK_WAIT * sum(self.counted("slack").values())


def metered() -> tuple[list[Step], list[Step]]:
    """Return the steps of a call whose case is claimed and closed, and the minute's sweep with few and many cases."""
    with a_desk() as desk:
        for _ in range(ROUNDS):
            desk.see_to(desk.call())
        desk.home(PRIYA)
        desk.home(AGENT)
        for _ in range(SWEEPS):
            desk.sweep(FEW)
        fill(desk.aws)
        for _ in range(SWEEPS):
            desk.sweep(MANY)
        used = list(desk.meter.used)
    key = lambda each: (each.function, each.kind)  # noqa: E731 - used once
    grouped = {name: list(them) for name, them in groupby(sorted(used, key=key), key)}
    steps = [
        Step(function, kind, 1 if kind == "Home" else len(them) / ROUNDS, them)
        for (function, kind), them in grouped.items()
        if function != "sweep"
    ]
    return steps, [Step("sweep", kind, 0, grouped["sweep", kind]) for kind in (FEW, MANY)]


def units(steps: Sequence[Step]) -> dict[str, float]:
    """Return what one call uses, in what AWS bills."""
    total: dict[str, float] = dict.fromkeys(PRICES, 0)
    for step in steps:
        aws = step.counted("aws")
        total["HTTP API requests"] += step.times * (step.function == "slack")
        total["Lambda requests"] += step.times
        total["Lambda GB-s"] += step.times * step.billed * MEMORY[step.function] / 1024
        total["DynamoDB write units"] += step.times * sum(step.counted("write").values())
        total["DynamoDB read units"] += step.times * sum(step.counted("read").values())
        # Of a wake-up: sent by us, received and deleted by Lambda.
        total["SQS FIFO requests"] += 3 * step.times * aws.get("sqs.SendMessage", 0)
        total["S3 GETs"] += step.times * aws.get("s3.GetObject", 0)
        logged = step.of("log_bytes") + REPORT_LINES + ACCESS_LINE * (step.function == "slack")
        total["log GB"] += step.times * logged / 1e9
    return total


def slack_calls(steps: Sequence[Step]) -> dict[str, float]:
    """Return how often one call asks each of Slack's methods."""
    total: dict[str, float] = {}
    for step in steps:
        for method, count in step.counted("slack").items():
            total[method] = total.get(method, 0) + step.times * count
    return total


def heat(steps: Sequence[Step]) -> dict[str, tuple[float, float]]:
    """Return, of each place that many calls share, the write and read units of one call that fall on one partition."""
    found: dict[str, list[float]] = {}
    for step in steps:
        for at, name in enumerate(("write", "read")):
            for place, used in step.counted(name).items():
                shared = next((each for each in ONE_PARTITION if place == each or place.startswith(f"{each} ")), None)
                if shared:
                    found.setdefault(shared, [0.0, 0.0])[at] += step.times * used / SPREAD.get(shared, 1)
    return {place: (writes, reads) for place, (writes, reads) in found.items()}


def measures() -> Iterator[Measure]:
    """Yield the steps of a call, the units and cost of a thousand, and how warm each shared key is at 5,000 an hour."""
    steps, minutes = metered()
    for step in (*steps, *minutes):
        aws, slack = step.counted("aws"), step.counted("slack")
        used = f"{sum(aws.values())} AWS, {sum(slack.values())} Slack calls; "
        used += f"{sum(step.counted('write').values()):g} write, {sum(step.counted('read').values()):g} read units"
        own = f"own {1000 * step.of('processor'):.0f} ms, "
        own += f"billed about {1000 * step.billed:.0f} ms at {MEMORY[step.function]} MB"
        yield Measure(f"{step.function}: {step.kind} (x {step.times:g})", used, "", within=True, beside=own)
    whole = 0.0
    for name, count in units(steps).items():
        cost = 1000 * count * PRICES[name]
        whole += cost
        yield Measure(f"1,000 calls: {name}", f"{1000 * count:,.6g}", "", within=True, beside=f"${cost:.4f}")
    yield Measure("1,000 calls, each with its case closed", f"${whole:.2f}", "", within=True, beside=PRICES_OF)
    for method, count in sorted(slack_calls(steps).items()):
        beside = f"{count * PER_HOUR / 60:,.0f} a minute at {PER_HOUR:,} an hour"
        yield Measure(f"Slack: {method}", f"{count:g} a call", "", within=True, beside=beside)
    for place, (writes, reads) in sorted(heat(steps).items()):
        a_second = PER_HOUR / 3600
        figure = f"{writes * a_second:.1f} write, {reads * a_second:.1f} read units/s"
        share = 100 * max(writes * a_second / WRITES, reads * a_second / READS)
        yield Measure(
            f"hottest partition of {place}, {PER_HOUR:,} calls/h",
            figure,
            f"{WRITES:,} and {READS:,}",
            within=share < 100,
            beside=f"{share:.1f} % of it",
        )
