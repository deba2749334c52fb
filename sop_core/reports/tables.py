"""The tables an SOP owner signs: every path, every gap, and who may do what to a case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sop_core.cases.transitions import TRANSITIONS
from sop_core.guidance import LANGUAGES
from sop_core.paths import Value, Values, Way, domains, ways

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sop_core.procedure import Fact, Guard, ProcedureFile, Sources
    from sop_core.verification import Report


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def paths_table(file: ProcedureFile) -> str:
    """Return every path: the answers that lead along it, its steps, its end, its case and its disposition."""
    whole = domains(file)
    rows = [
        (
            str(number),
            answers_in_words(way.answers, file.facts, whole),
            _steps(way, file),
            way.end.title if way.end else "",
            _files(way, file),
        )
        for number, way in enumerate(ways(file), 1)
    ]
    return markdown(("#", "When", "Steps", "End", "File"), rows)


def checklists_table(file: ProcedureFile) -> str:
    """Return the questions that the form asks."""
    when = {each.name: each.when for node in file.nodes for each in node.checklists}
    rows = [
        (each.group, _when(when.get(each.name, {}), file.facts) or "always", "<br>".join(each.questions))
        for each in file.checklists
    ]
    return markdown(("Checklist", "When", "Questions"), rows)


def translations_table(file: ProcedureFile) -> str:
    """Return every translation beside its English, with who approved it and when."""
    rows = [
        (each.script, LANGUAGES[each.language], each.text, each.approved_by, each.approved_on.isoformat())
        for each in file.translations
    ]
    return markdown(("Script", "Language", "Translation", "Approved by", "On"), rows)


def paths_json(file: ProcedureFile) -> list[dict[str, Any]]:
    """Return every path as plain values; ``when`` says what a step or checklist on the way depends on."""
    return [
        {
            "facts": way.answers,
            "steps": [step.id for step in way.steps()],
            "when": {name: guard for name, guard in way.shown.items() if guard},
            "end": way.end.id if way.end else None,
            "case": next((step.case for step in way.steps() if step.case), None),
            "disposition": next((step.disposition for step in way.steps() if step.disposition), None),
            "inferred": any(step.gap for step in way.steps()),
        }
        for way in ways(file)
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


def page(file: ProcedureFile, sources: Sources, report: Report) -> str:
    """Return the page about a procedure that is kept in the repository."""
    counts = report.counts
    proven = (
        f"{counts.combinations:,} combinations of answers, {counts.paths} paths, {counts.ends} ends, "
        f"{counts.steps} steps, {counts.scripts} scripts, {counts.gaps} gaps"
    )
    rules = "\n".join(f"- {invariant.rule}" for invariant in file.invariants)
    in_form = f"\n## Asked in the form\n\n{checklists_table(file)}\n" if file.checklists else ""
    translated = f"\n## Translations\n\n{translations_table(file)}\n" if file.translations else ""
    return f"""# {file.title}

Version {file.version}, effective {file.effective.isoformat()}. Proven: {proven}.
Content hash `{report.digest}`:
the file and the passages it cites, so a signature under this page is for exactly these words.
Made by `python -m sop_core document`; change the procedure, not this page.

![Flow chart]({file.procedure}.svg)

## Paths

Every combination of answers follows exactly one of these. A step marked * is inferred: the SOP does not say it. A step
in brackets is shown only for the answer named there.

{paths_table(file)}
{in_form}{translated}
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


def answers_in_words(answers: dict[str, Values], facts: Iterable[Fact], whole: Mapping[str, Values]) -> str:
    """Return answers in words, ``Phone or Chat · Homeowner``, leaving out a fact whose every answer leads here."""
    known = {fact.name: fact for fact in facts}
    return " · ".join(
        _or(values, known[name]) for name, values in answers.items() if len(values) < len(whole.get(name, ()))
    )


def _or(values: Values, fact: Fact) -> str:
    if fact.multiple and () not in values:
        return f"any {fact.name}"
    words = [_words(value, fact) for value in values]
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def _words(value: Value, fact: Fact) -> str:
    labels = {each.value: each.shortly() for each in fact.answers}
    if isinstance(value, str):
        return labels.get(value, value)
    return " and ".join(labels[each] for each in value) or f"no {fact.name}"


def _steps(way: Way, file: ProcedureFile) -> str:
    words = []
    for step in way.steps():
        when = _when(way.shown[step.id], file.facts)
        name = f"{step.id}*" if step.gap else step.id
        words.append(f"[{name}: {when}]" if when else name)
    return ", ".join(words)


def _when(guard: Guard, facts: Iterable[Fact]) -> str:
    known = {fact.name: fact for fact in facts}
    return ", ".join(" or ".join(_words(answer, known[name]) for answer in answers) for name, answers in guard.items())


def _files(way: Way, file: ProcedureFile) -> str:
    cases = {case.name: case for case in file.cases}
    steps = way.steps()
    opened = [f"case {cases[step.case].type} / {cases[step.case].subtype}" for step in steps if step.case]
    dispositions = [f"disposition {step.disposition}" for step in steps if step.disposition]
    own = ["disposition in own words" for step in steps if step.own_disposition]
    return "; ".join([*opened, *dispositions, *own])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
