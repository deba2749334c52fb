"""The tables an SOP owner signs: every path, every gap, and who may do what to a case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sop_core.cases.lifecycle import TRANSITIONS
from sop_core.guidance import NONE
from sop_core.paths import Path, Values, paths

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sop_core.procedure import Fact, ProcedureFile, Sources
    from sop_core.verification import Counts


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def paths_table(file: ProcedureFile) -> str:
    """Return every path: the answers that lead along it, its steps, its end, its case and its disposition."""
    rows = [
        (str(number), _answers(path, file), _steps(path), path.end.title if path.end else "", _files(path, file))
        for number, path in enumerate(paths(file), 1)
    ]
    return markdown(("#", "When", "Steps", "End", "File"), rows)


def paths_json(file: ProcedureFile) -> list[dict[str, Any]]:
    """Return every path as plain values."""
    return [
        {
            "facts": path.answers,
            "steps": [step.id for step in path.steps],
            "end": path.end.id if path.end else None,
            "case": next((step.case for step in path.steps if step.case), None),
            "disposition": next((step.disposition for step in path.steps if step.disposition), None),
            "inferred": any(step.gap for step in path.steps),
        }
        for path in paths(file)
    ]


def gaps_json(file: ProcedureFile, sources: Sources) -> list[dict[str, Any]]:
    """Return every gap: what the SOP does not say, what we do, where the SOP falls silent."""
    spans = {span.id: span for span in sources.spans}
    titles = {document.id: document.title for document in sources.documents}
    return [
        {
            "id": gap.id,
            "silent": gap.silent,
            "decision": gap.decision,
            "document": titles[spans[gap.span].document],
            "line": spans[gap.span].line,
            "flagged": gap.flagged,
        }
        for gap in file.gaps
    ]


def gaps_table(file: ProcedureFile, sources: Sources) -> str:
    """Return the gaps as a table."""
    rows = [
        (
            gap["id"],
            gap["silent"],
            gap["decision"],
            f"{gap['document']}, line {gap['line']}",
            "yes" if gap["flagged"] else "no",
        )
        for gap in gaps_json(file, sources)
    ]
    return markdown(("Gap", "What the SOP does not say", "What we do", "Where", "Agents are told"), rows)


def page(file: ProcedureFile, sources: Sources, counts: Counts) -> str:
    """Return the page about a procedure that is kept in the repository."""
    proven = (
        f"{counts.combinations:,} combinations of answers, {counts.paths} paths, {counts.ends} ends, "
        f"{counts.steps} steps, {counts.scripts} scripts, {counts.gaps} gaps"
    )
    rules = "\n".join(f"- {invariant.rule}" for invariant in file.invariants)
    return f"""# {file.title}

Version {file.version}, effective {file.effective.isoformat()}. Proven: {proven}.
Made by `python -m sop_core document`; change the procedure, not this page.

![Flow chart]({file.procedure}.svg)

## Paths

Every combination of answers follows exactly one of these. A step marked * is inferred: the SOP does not say it.

{paths_table(file)}

## Rules that hold on every path

{rules}

## Gaps

{gaps_table(file, sources)}
"""


def cases_table() -> str:
    """Return the transitions of a case as a table."""
    rows = [
        (row.action, row.from_state, row.to_state, ", ".join(who.replace("_", " ") for who in row.who))
        for row in TRANSITIONS
    ]
    return markdown(("Action", "From", "To", "Who"), rows)


def answers_in_words(answers: dict[str, Values], facts: Iterable[Fact]) -> str:
    """Return answers in words, ``Phone or Chat · Homeowner``, leaving out a fact whose every answer leads here."""
    known = {fact.name: fact for fact in facts}
    return " · ".join(_or(values, known[name]) for name, values in answers.items() if len(values) < _every(known[name]))


def _answers(path: Path, file: ProcedureFile) -> str:
    return answers_in_words(path.answers, file.facts)


def _every(fact: Fact) -> int:
    return 2 ** len(fact.answers) if fact.multiple else len(fact.answers)


def _or(values: Values, fact: Fact) -> str:
    labels = {each.value: each.shortly() for each in fact.answers}
    words = [labels[value] if isinstance(value, str) else " and ".join(labels[v] for v in value) for value in values]
    *most, last = (word or f"{fact.name}: {NONE}" for word in words)
    return f"{', '.join(most)} or {last}" if most else last


def _steps(path: Path) -> str:
    return ", ".join(f"{step.id}*" if step.gap else step.id for step in path.steps)


def _files(path: Path, file: ProcedureFile) -> str:
    cases = {case.name: case for case in file.cases}
    opened = [f"case {cases[step.case].type} / {cases[step.case].subtype}" for step in path.steps if step.case]
    dispositions = [f"disposition {step.disposition}" for step in path.steps if step.disposition]
    own = ["disposition in own words" for step in path.steps if step.own_disposition]
    return "; ".join([*opened, *dispositions, *own])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
