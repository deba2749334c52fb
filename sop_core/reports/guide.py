"""Guidance as one JSON object, and as text to read in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sop_core.guidance import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sop_core.guidance import CaseDraft, Guidance, Question, Step, Translation

CASE_FIELDS = ("type", "subtype", "description", "tags", "assign_to")


def as_json(result: Guidance, digest: str) -> dict[str, Any]:
    """Return the object that the command line prints: its keys are a promise to other programs.

    ``digest`` is the hash of the procedure that answered.
    """
    return {
        "procedure": result.procedure,
        "version": result.version,
        "status": result.status,
        "ask": _ask(result.ask),
        "steps": [_step_json(step) for step in result.steps],
        "checklist": [group._asdict() for group in result.checklist],
        "case": {name: getattr(result.case, name) for name in CASE_FIELDS} if result.case else None,
        "disposition": result.disposition,
        "digest": digest,
    }


def as_text(result: Guidance) -> str:
    """Return guidance as an agent would read it."""
    lines = [f"{result.procedure}, version {result.version}"]
    for step in result.steps:
        lines += ["", *_step(step)]
    for group in result.checklist:
        lines += ["", f"Ask ({group.group})", *(f"  - {question}" for question in group.questions)]
    if result.case:
        lines += ["", *_case(result.case)]
    if result.disposition:
        lines += ["", f"Disposition  {result.disposition}"]
    if result.ask:
        lines += ["", *_question(result.ask)]
    else:
        lines += ["", f"Stop ({result.end})."]
    return "\n".join(lines)


def _ask(question: Question | None) -> dict[str, Any] | None:
    if question is None:
        return None
    return {
        "fact": question.fact,
        "question": question.question,
        "answers": [answer.value for answer in question.answers],
    }


def _step_json(step: Step) -> dict[str, Any]:
    return {
        "id": step.id,
        "say": step.say,
        "do": step.do,
        "warn": step.warn,
        "transfer": step.transfer and step.transfer._asdict(),
        "cites": [cite._asdict() for cite in step.cites],
        "inferred": step.inferred,
        "gap": step.gap,
        "translations": [each._asdict() for each in step.translations],
    }


def _step(step: Step) -> Iterator[str]:
    yield f"{step.id}  ({_sources(step)})"
    if step.gap:
        yield f"  Not in the SOP: check with your lead. Gap {step.gap}"
    yield from (f"  WARNING   {text}" for text in step.warn)
    for script in step.say:
        yield f"  SAY       “{script}”"
        yield from (_translation(each) for each in step.translations if each.script == script)
    yield from (f"  Do        {text}" for text in step.do)
    if step.transfer:
        wait = f", wait {step.transfer.wait_seconds} seconds" if step.transfer.wait_seconds else ""
        voicemail = {True: ", voicemail", False: ", no voicemail", None: ""}[step.transfer.voicemail]
        yield f"  Transfer  {step.transfer.to}{wait}{voicemail}"
    if step.promise:
        yield f"  Promised  within {step.promise.replace('_', ' ')}"


def _translation(each: Translation) -> str:
    return f"  {LANGUAGES[each.language]:<10}“{each.text}” (approved by {each.approved_by}, {each.approved_on})"


def _sources(step: Step) -> str:
    lines: dict[str, list[int]] = {}
    for cite in step.cites:
        lines.setdefault(cite.document, []).append(cite.line)
    return "; ".join(f"{document}, line {', '.join(map(str, found))}" for document, found in lines.items())


def _case(case: CaseDraft) -> Iterator[str]:
    yield "Case"
    for name in CASE_FIELDS:
        value = getattr(case, name)
        yield f"  {name.replace('_', ' '):<12}{', '.join(value) if isinstance(value, tuple) else value}"


def _question(question: Question) -> Iterator[str]:
    yield question.question
    yield from (f"  {question.fact}={answer.value:<26}{answer.label}" for answer in question.answers)
