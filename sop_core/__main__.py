"""The command line: ``python -m sop_core COMMAND``. See ``--help`` of each command."""

from __future__ import annotations

import argparse
import inspect
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from sop_core import procedures
from sop_core.cases.deadlines import due
from sop_core.cases.transitions import TRANSITIONS
from sop_core.guidance import guidance, render
from sop_core.procedure import ProcedureFile
from sop_core.procedures import reading
from sop_core.publishing import Refused, Upload, compare, examine
from sop_core.reports import diff, guide, tables
from sop_core.reports.chart import chart
from sop_core.settings import Settings
from sop_core.settings_reading import merge
from sop_core.verification import Problem, Report, verify, verify_sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sop_core.guidance import Facts, Guidance, Procedure

Given = dict[str, str | list[str]]
_FACTS = msgspec.json.Decoder(Given)


class _Parser(argparse.ArgumentParser):
    """A parser whose mistakes are one sentence, like all others."""

    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Return 0, or 1 where a proof failed, or 2 after one sentence about what was asked wrongly."""
    try:
        options = _parser().parse_args(arguments)
        return int(options.run(options))
    except (ValueError, OSError) as wrong:
        print(_sentence(wrong), file=sys.stderr)
        return 2


def _sentence(wrong: Exception) -> str:
    if isinstance(wrong, OSError):
        return f"{wrong.filename}: {wrong.strerror}" if wrong.filename else str(wrong)
    return str(wrong)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m sop_core", description="Guide through, prove and draw the procedures.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)

    def command(name: str, run: Callable[[argparse.Namespace], int], summary: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=summary, description=summary)
        added.set_defaults(run=run)
        return added

    guided = command("guide", _guide, "What an agent is told for some facts.")
    guided.add_argument("procedure")
    guided.add_argument("facts", nargs="*", metavar="name=answer", help="several answers: name=a,b; none: name=none")
    guided.add_argument("--facts", dest="many", metavar="FILE", help="one JSON map of facts a line (- for input)")
    guided.add_argument("--settings", metavar="FILE")
    guided.add_argument("--json", action="store_true")
    for name, run, summary in (
        ("verify", _verify, "Prove every procedure over every combination of answers."),
        ("paths", _paths, "Every path, as a table to sign."),
        ("gaps", _gaps, "What the SOPs do not say, and what we do."),
    ):
        listed = command(name, run, summary)
        listed.add_argument("procedures", nargs="*", help="names or files; all that ship if none")
        listed.add_argument("--sources", metavar="FILE", help="spans that other files cite")
        listed.add_argument("--json", action="store_true")
    checked = command("check", _check, "Whether a procedure file can be published, and what changes by it.")
    checked.add_argument("file", help="the whole procedure, as YAML")
    checked.add_argument("--brings", metavar="FILE", help="passages that no version has cited before")
    command("chart", _chart, "The flow chart, as SVG.").add_argument("procedure", help="a name or a file")
    compared = command("diff", _diff, "The combinations whose outcome changes between two versions.")
    compared.add_argument("old", help="a name or a file")
    compared.add_argument("new", help="a name or a file")
    compared.add_argument("--json", action="store_true")
    command("cases", _cases, "The transitions of a case.").add_argument("--json", action="store_true")
    timed = command("due", _due, "When some business hours have passed.")
    timed.add_argument("start", help="for example 2026-10-09T16:30")
    timed.add_argument("hours", type=int)
    timed.add_argument("--zone")
    timed.add_argument("--settings", metavar="FILE")
    command("schema", _schema, "The JSON Schema of a procedure file.")
    command("compile", _compile, "Write the compiled procedures.").add_argument("out", metavar="OUT_DIR")
    command("document", _document, "Write the schema, and the page and chart of each procedure.").add_argument(
        "out", metavar="OUT_DIR"
    )
    return parser


def _guide(options: argparse.Namespace) -> int:
    procedure, settings = procedures.load(options.procedure), _settings(options.settings)
    if options.many is None:
        result = render(guidance(procedure, _facts(options.facts, procedure)), settings)
        print(_line(guide.as_json(result, procedure.digest)) if options.json else guide.as_text(result))
        return 0
    for number, text in enumerate(_input(options.many), 1):
        if text.strip():
            print(_line(guide.as_json(_answered(text, number, procedure, settings), procedure.digest)))
    return 0


def _answered(text: str, number: int, procedure: Procedure, settings: Settings) -> Guidance:
    try:
        return render(guidance(procedure, _FACTS.decode(text)), settings)
    except ValueError as wrong:
        raise ValueError(f"line {number}: {wrong}") from wrong


def _facts(words: Iterable[str], procedure: Procedure) -> Facts:
    facts: dict[str, str | list[str]] = {}
    for word in words:
        name, equals, answer = word.partition("=")
        if not equals or not answer:
            raise ValueError(f"{word!r} is no name=answer")
        if name in facts:
            raise ValueError(f"{name} is given twice")
        multiple = name in procedure.facts and procedure.facts[name].multiple
        facts[name] = answer.split(",") if multiple or "," in answer else answer
    return facts


def _verify(options: argparse.Namespace) -> int:
    opened = _opened(options.procedures)
    sources, lines = reading.find_sources(options.sources)
    reports = [verify(each.file, sources) for each in opened]
    found = [
        _located(problem, each.path, each.lines)
        for each, report in zip(opened, reports, strict=True)
        for problem in report.problems
    ]
    if not options.procedures:
        shown = options.sources or "sop_core/procedures/sources.yaml"
        loose = verify_sources(tuple(each.file for each in opened), sources)
        found += [_located(problem, shown, lines) for problem in loose]
    if options.json:
        print(_line({"ok": not found, "procedures": [_counted(report) for report in reports], "problems": found}))
    else:
        print("\n".join([*map(_proven, reports), *(f"{p['file']}:{p['line']}: {p['message']}" for p in found)]))
    return 1 if found else 0


def _check(options: argparse.Namespace) -> int:
    """Do what publishing does, against what ships."""
    brought = _upload(options.brings) if options.brings else None
    names = procedures.names()
    taken = {(each.name, each.version): each.digest for each in map(procedures.load, names)}
    try:
        found = examine(_upload(options.file), brought, reading.find_sources()[0], names=names, taken=taken)
    except Refused as refused:
        print("\n".join(f"{fault.file}:{fault.line}: {fault.reason}" for fault in refused.faults))
        return 1
    changed = compare(reading.find(found.file.procedure).file, found.file)
    print(_proven(found.report))
    print("There are too many combinations to compare." if changed is None else diff.in_words(changed))
    return 0


def _upload(path: str) -> Upload:
    return Upload(path, Path(path).read_bytes())


def _located(problem: Problem, path: str, lines: reading.Lines) -> dict[str, Any]:
    return {"file": path, "line": lines.of(problem.place), "message": problem.message}


def _counted(report: Report) -> dict[str, Any]:
    names = {"procedure": report.procedure, "version": report.version, "digest": report.digest}
    return names | {"ok": not report.problems} | _counts(report)


def _proven(report: Report) -> str:
    state = "proven" if not report.problems else f"{len(report.problems)} problems"
    counts = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in _counts(report).items())
    return f"{report.procedure} version {report.version} ({report.digest[:12]}): {state}. {counts}"


def _counts(report: Report) -> dict[str, int]:
    return msgspec.structs.asdict(report.counts)


def _paths(options: argparse.Namespace) -> int:
    files = [each.file for each in _opened(options.procedures)]
    if options.json:
        print(_line({file.procedure: tables.paths_json(file) for file in files}))
    else:
        print("\n\n".join(f"{_heading(file)}\n\n{tables.paths_table(file)}" for file in files))
    return 0


def _gaps(options: argparse.Namespace) -> int:
    files = [each.file for each in _opened(options.procedures)]
    sources, _ = reading.find_sources(options.sources)
    if options.json:
        print(_line({file.procedure: tables.gaps_json(file, sources) for file in files}))
    else:
        print("\n\n".join(f"{_heading(file)}\n\n{tables.gaps_table(file, sources)}" for file in files))
    return 0


def _heading(file: ProcedureFile) -> str:
    return f"# {file.title}, version {file.version}"


def _chart(options: argparse.Namespace) -> int:
    print(chart(reading.find(options.procedure).file), end="")
    return 0


def _diff(options: argparse.Namespace) -> int:
    found = diff.changes(reading.find(options.old).file, reading.find(options.new).file)
    print(_line(diff.as_json(found)) if options.json else diff.in_words(found))
    return 0


def _cases(options: argparse.Namespace) -> int:
    print(_line(TRANSITIONS) if options.json else tables.cases_table())
    return 0


def _due(options: argparse.Namespace) -> int:
    settings = _settings(options.settings)
    if options.zone:
        settings = merge(settings, {"calendar": {"zone": options.zone}})
    if options.hours < 0:
        raise ValueError("hours are a whole number from 0")
    print(due(_time(options.start), options.hours, settings.calendar).isoformat())
    return 0


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as wrong:
        raise ValueError(f"{text!r} is no date and time, such as 2026-10-09T16:30") from wrong


def _schema(_options: argparse.Namespace) -> int:
    print(_schema_text(), end="")
    return 0


def _schema_text() -> str:
    schema = msgspec.json.schema(ProcedureFile)
    for each in schema["$defs"].values():  # before Python 3.13 a docstring keeps its indentation
        each["description"] = inspect.cleandoc(each["description"])
    return msgspec.json.format(msgspec.json.encode(schema, order="sorted")).decode() + "\n"


def _compile(options: argparse.Namespace) -> int:
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    for name in procedures.names():
        (out / f"{name}{procedures.COMPILED}").write_bytes(procedures.encode(procedures.load(name)))
    return 0


def _document(options: argparse.Namespace) -> int:
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "procedure.schema.json").write_text(_schema_text(), encoding="utf-8")
    sources, _ = reading.find_sources()
    for each in _opened([]):
        page = tables.page(each.file, sources, verify(each.file, sources))
        (out / f"{each.file.procedure}.md").write_text(page, encoding="utf-8")
        (out / f"{each.file.procedure}.svg").write_text(chart(each.file), encoding="utf-8")
    return 0


def _opened(given: Sequence[str]) -> list[reading.Opened]:
    return [reading.find(name) for name in given or procedures.names()]


def _settings(path: str | None) -> Settings:
    return merge(Settings.default(), reading.read_map(path)) if path else Settings.default()


def _input(path: str) -> Iterable[str]:
    if path == "-":
        return sys.stdin
    return Path(path).read_text(encoding="utf-8").splitlines()


def _line(value: object) -> str:
    return msgspec.json.encode(value).decode()


if __name__ == "__main__":
    sys.exit(main())
