"""Guidance with its full trace against zen-engine, untraced, on the same Infinity decisions in the same run."""

from __future__ import annotations

import compileall
import shutil
import subprocess
import sys
from itertools import product
from pathlib import Path
from py_compile import PycInvalidationMode
from resource import RUSAGE_CHILDREN, getrusage
from tempfile import TemporaryDirectory
from time import process_time
from typing import TYPE_CHECKING, Any

import zen

from sop_core import procedures
from sop_core.guidance import guidance, trace
from sop_core.paths import ways
from sop_core.procedures import reading
from sop_core.verification import verify
from tests.bench.measure import Measure, best

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sop_core.guidance import Procedure

ROOT = Path(__file__).parents[2]
ROUNDS = 7
STARTS = 25
TIMES_ZEN, LOAD_MS, IMPORT_MS, VERIFY_S = 2, 5, 10, 10
ENGINE = "import sop_core.guidance, sop_core.procedures as shipped"
STARTED = ("pass", ENGINE, f"{ENGINE}; [shipped.load(name) for name in shipped.names()]", "import msgspec")


def measures() -> Iterator[Measure]:
    """Yield decisions a second beside zen-engine's, the load of all compiled procedures, and the engine's import."""
    yield _speed()
    with TemporaryDirectory() as folder:
        shipped = _shipped(Path(folder))
        yield _load(shipped)
        yield _imported(shipped)
    yield _verified()


def _speed() -> Measure:
    procedure, every = procedures.load("infinity"), _every_combination()
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {"infinity": zen_table()}}})
    for facts in every:
        ours, theirs = guidance(procedure, facts), engine.evaluate("infinity", facts)["result"]
        if [step.id for step in ours.steps] != theirs["steps"] or ours.end != theirs["end"]:
            raise ValueError(f"zen-engine decides otherwise on {facts}")

    def ours_traced() -> None:
        for facts in every:
            trace(guidance(procedure, facts))

    def theirs_untraced() -> None:
        for facts in every:
            engine.evaluate("infinity", facts)

    # In turns, so that a busy moment of the machine hits both.
    pairs = [(best(ours_traced, rounds=1), best(theirs_untraced, rounds=1)) for _ in range(ROUNDS)]
    own, other = len(every) / min(a for a, _ in pairs), len(every) / min(b for _, b in pairs)
    ratio = own / other
    return Measure(
        "guidance with full trace",
        f"{own:,.0f} decisions/s, {ratio:.1f} x",
        f">= {TIMES_ZEN} x zen-engine, untraced",
        ratio >= TIMES_ZEN,
        f"zen-engine {other:,.0f} decisions/s",
    )


def _every_combination() -> list[dict[str, str]]:
    facts = {fact.name: [each.value for each in fact.answers] for fact in reading.find("infinity").file.facts}
    return [dict(zip(facts, values, strict=True)) for values in product(*facts.values())]


def zen_table() -> dict[str, Any]:
    """Return Infinity as zen-engine's decision table: one rule for each path, the first that fits decides."""
    file = reading.find("infinity").file
    rules: list[dict[str, str]] = []
    for way in ways(file):
        for path in way.paths:
            rule = {"_id": f"rule-{len(rules)}"}
            for fact in file.facts:
                values = path.answers.get(fact.name)
                rule[fact.name] = ", ".join(f'"{value}"' for value in values) if values else ""
            rule["end"] = f'"{path.end.id}"' if path.end else '""'
            rule["steps"] = "[" + ", ".join(f'"{step.id}"' for step in path.steps) + "]"
            rules.append(rule)
    table = {
        "hitPolicy": "first",
        "inputs": [{"id": fact.name, "name": fact.name, "field": fact.name} for fact in file.facts],
        "outputs": [{"id": name, "name": name, "field": name} for name in ("end", "steps")],
        "rules": rules,
    }
    nodes = [
        {"id": "in", "type": "inputNode", "name": "Facts", "position": {"x": 0, "y": 0}},
        {"id": "table", "type": "decisionTableNode", "name": "Paths", "position": {"x": 1, "y": 0}, "content": table},
        {"id": "out", "type": "outputNode", "name": "Guidance", "position": {"x": 2, "y": 0}},
    ]
    edges = [
        {"id": f"{one}-{other}", "type": "edge", "sourceId": one, "targetId": other}
        for one, other in (("in", "table"), ("table", "out"))
    ]
    return {"nodes": nodes, "edges": edges}


def _shipped(folder: Path) -> Path:
    """Lay the engine into ``folder`` as the layer ships it: byte code beside the source, procedures compiled."""
    package = folder / "sop_core"
    shutil.copytree(ROOT / "sop_core", package, ignore=shutil.ignore_patterns("__pycache__", "*.yaml"))
    for name in procedures.names():
        (package / "procedures" / f"{name}{procedures.COMPILED}").write_bytes(procedures.encode(procedures.load(name)))
    compileall.compile_dir(package, quiet=1, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
    return folder


def _load(folder: Path) -> Measure:
    files = sorted(folder.glob(f"sop_core/procedures/*{procedures.COMPILED}"))

    def load_all() -> list[Procedure]:
        return [procedures.decode(file.read_bytes()) for file in files]

    taken = 1000 * best(load_all, rounds=50)
    return Measure(
        f"load of the {len(files)} compiled procedures", f"{taken:.2f} ms", f"< {LOAD_MS} ms", taken < LOAD_MS
    )


def _imported(folder: Path) -> Measure:
    """Measure fresh interpreters in turns, the order turned round each time.

    Processor time, since an import waits for nothing: what else the machine does then is not counted.
    """
    turns = list(STARTED)
    taken: dict[str, list[float]] = {code: [] for code in turns}
    for _ in range(STARTS):
        for code in turns:
            taken[code].append(_processor_ms([sys.executable, "-c", code], folder))
        turns.reverse()
    bare, engine, loaded, msgspec = (min(taken[code]) for code in STARTED)
    return Measure(
        "import of the engine over the interpreter",
        f"{engine - bare:.1f} ms of {engine:.1f}",
        f"< {IMPORT_MS} ms",
        engine - bare < IMPORT_MS,
        f"with all procedures loaded {loaded - bare:.1f} ms; msgspec alone {msgspec - bare:.1f} ms",
    )


def _verified() -> Measure:
    sources = reading.find_sources()[0]
    files = [reading.find(name).file for name in procedures.names()]
    start = process_time()
    reports = [verify(file, sources) for file in files]
    taken = process_time() - start
    combinations = sum(report.counts.combinations for report in reports)
    proven = not any(report.problems for report in reports)
    return Measure(
        f"verification of all {combinations:,} combinations",
        f"{taken:.1f} s",
        f"< {VERIFY_S} s, and no problem",
        proven and taken < VERIFY_S,
    )


def _processor_ms(command: list[str], folder: Path) -> float:
    before = getrusage(RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, check=True)
    after = getrusage(RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
