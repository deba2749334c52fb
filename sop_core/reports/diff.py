"""What changes between two versions of a procedure: the combinations whose outcome changes, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from sop_core.paths import Path, Values, domains, paths
from sop_core.reports.tables import answers_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sop_core.procedure import CaseTemplate, Instruction, ProcedureFile, Translation


class Change(msgspec.Struct, frozen=True):
    """Combinations that end otherwise than before: the answers they share, and what is different."""

    facts: dict[str, Values]
    when: str
    before: str | None
    after: str | None
    differences: tuple[str, ...]


def changes(old: ProcedureFile, new: ProcedureFile) -> list[Change]:
    """Return what ``new`` decides otherwise than ``old``, path against path. Equal outcomes are left out."""
    return [*_changed(old, new), *_one_sided(old, new)]


def in_words(found: list[Change]) -> str:
    """Return the changes as text."""
    if not found:
        return "No combination of answers changes its outcome."
    lines = [f"{len(found)} groups of combinations change:"]
    for change in found:
        lines += ["", f"When {change.when or 'always'}", *(f"  - {text}" for text in change.differences)]
    return "\n".join(lines)


def _changed(old: ProcedureFile, new: ProcedureFile) -> Iterator[Change]:
    after, whole = paths(new, old), domains(new, old)
    for was in paths(old, new):
        for now in after:
            shared = _shared(was.answers, now.answers)
            if shared is None:
                continue
            differences = tuple(_differences(was, now, old, new))
            if differences:
                yield _change(shared, was, now, differences, new, whole)


def _change(
    shared: dict[str, Values],
    was: Path,
    now: Path,
    differences: tuple[str, ...],
    new: ProcedureFile,
    whole: Mapping[str, Values],
) -> Change:
    known = [fact for fact in new.facts if fact.name in shared]
    return Change(
        facts=shared,
        when=answers_in_words({fact.name: shared[fact.name] for fact in known}, known, whole),
        before=was.end.id if was.end else None,
        after=now.end.id if now.end else None,
        differences=differences,
    )


def _shared(was: dict[str, Values], now: dict[str, Values]) -> dict[str, Values] | None:
    """Return the combinations two paths share, or ``None`` if there are none."""
    both = {name: tuple(value for value in was[name] if value in now[name]) for name in was if name in now}
    return was | now | both if all(both.values()) else None


def _one_sided(old: ProcedureFile, new: ProcedureFile) -> Iterator[Change]:
    """Yield answers that only one of the two has."""
    for one, other, text in ((old, new, "is no longer an answer"), (new, old, "is a new answer")):
        theirs = {fact.name: {answer.value for answer in fact.answers} for fact in other.facts}
        for fact in one.facts:
            for answer in fact.answers:
                if answer.value not in theirs.get(fact.name, ()):
                    yield Change({fact.name: (answer.value,)}, answer.label, None, None, (f"{answer.label}: {text}",))


def _differences(was: Path, now: Path, old: ProcedureFile, new: ProcedureFile) -> Iterator[str]:
    before, after = {step.id: step for step in was.steps}, {step.id: step for step in now.steps}
    if was.end != now.end:
        yield f"ends in {_end(now)}, before in {_end(was)}"
    if added := [name for name in after if name not in before]:
        yield f"has the steps {', '.join(added)}"
    if dropped := [name for name in before if name not in after]:
        yield f"no longer has the steps {', '.join(dropped)}"
    if not added and not dropped and list(before) != list(after):
        yield f"has its steps in another order: {', '.join(after)}"
    for name, step in before.items():
        if name in after:
            yield from _step_differences(step, after[name])
            if step.say == after[name].say and _translated(step, old) != _translated(step, new):
                yield f"{name} is translated otherwise"
    if _checklists(was, old) != _checklists(now, new):
        yield "asks other questions in the form"
    if _case(was, old) != _case(now, new):
        yield "opens another case" if _case(now, new) else "opens no case"


def _step_differences(before: Instruction, after: Instruction) -> Iterator[str]:
    words = {
        "say": "says other words",
        "do": "has other things to do",
        "warn": "warns otherwise",
        "transfer": "transfers otherwise",
        "promise": "promises another time",
        "disposition": "has another disposition",
        "gap": "is inferred otherwise",
    }
    for name, text in words.items():
        was, now = getattr(before, name), getattr(after, name)
        if was != now:
            yield f"{after.id} {text}{_texts(was, now)}"


def _texts(was: object, now: object) -> str:
    """Return which texts are other than before, where it is texts that are."""
    if not isinstance(was, tuple) or not isinstance(now, tuple):
        return ""
    if sorted(was) == sorted(now):
        return ": in another order"
    return f": {_quoted(now, was)}, before {_quoted(was, now)}"


def _quoted(texts: tuple[str, ...], others: tuple[str, ...]) -> str:
    return ", ".join(f"“{text}”" for text in texts if text not in others) or "nothing"


def _checklists(path: Path, file: ProcedureFile) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.group, each.questions) for name in path.checklists for each in file.checklists if each.name == name]


def _translated(step: Instruction, file: ProcedureFile) -> list[Translation]:
    return sorted((each for each in file.translations if each.script in step.say), key=lambda each: each.text)


def _end(path: Path) -> str:
    return f"{path.end.id} ({path.end.title})" if path.end else "nothing"


def _case(path: Path, file: ProcedureFile) -> CaseTemplate | None:
    opened = next((step.case for step in path.steps if step.case), None)
    return next((case for case in file.cases if case.name == opened), None)


def as_json(found: list[Change]) -> Any:  # noqa: ANN401 - plain values
    """Return the changes as plain values."""
    return msgspec.to_builtins(found)
