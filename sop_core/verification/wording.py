"""Wording: each script and value is letter for letter in a span its step cites; no citation and no gap hangs loose."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import msgspec

from sop_core.compiler import cited_spans
from sop_core.guidance import NOT_SET
from sop_core.settings import VALUES
from sop_core.verification.problems import Problem, repeated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sop_core.procedure import CaseTemplate, Gap, Instruction, ProcedureFile, Sources, Span

OPENING, CLOSING = '“"', '”"'
NOTATIONS = "Enter disposition notations"
VOICEMAIL = {True: "prompted to leave a voicemail", False: "does NOT have voicemail"}
_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_WAIT = re.compile(r"wait for (\d+) seconds")
_PROMISE = re.compile(r"(\d+) Business Hours")


class _Cited(msgspec.Struct, frozen=True):
    """What the steps of a file rest on, under which reading, and the cases that the SOP itself defines."""

    spans: Mapping[str, Span]
    gaps: Mapping[str, Gap]
    cases: Mapping[str, CaseTemplate]
    readings: frozenset[tuple[str, str]]


def check_wording(file: ProcedureFile, sources: Sources) -> list[Problem]:
    """Return every script, value, citation or gap of ``file`` that does not hold. Its structure must be sound."""
    from_sop = {step.case for node in file.nodes for step in node.steps if step.case and step.gap is None}
    cited = _Cited(
        spans={span.id: span for span in sources.spans},
        gaps={gap.id: gap for gap in file.gaps},
        cases={case.name: case for case in file.cases if case.name in from_sop},
        readings=frozenset(
            (reading(step.id), cite.span) for node in file.nodes for step in node.steps for cite in step.cites
        ),
    )
    problems: list[Problem] = []
    for index, node in enumerate(file.nodes):
        for number, step in enumerate(node.steps):
            problems += _step(step, f"$.nodes[{index}].steps[{number}]", cited)
    return [*problems, *_cases(file), *_lists(file, cited), *_checklists(file, cited), *_gaps(file, cited)]


def check_sources(files: Sequence[ProcedureFile], sources: Sources) -> Iterator[Problem]:
    """Yield spans that are not what they say they are, and spans that ``files`` do not cite as they say."""
    documents = {document.id for document in sources.documents}
    for index, name in repeated(document.id for document in sources.documents):
        yield Problem(f"$.documents[{index}]", f"{name} is there twice")
    for index, name in repeated(span.id for span in sources.spans):
        yield Problem(f"$.spans[{index}]", f"{name} is there twice")
    used = set(_pairs(files))
    cited = {span for file in files for span in cited_spans(file)}
    for index, span in enumerate(sources.spans):
        place = f"$.spans[{index}]"
        if span.document not in documents:
            yield Problem(place, f"there is no document {span.document}")
        if span.id.rstrip("abcdefghijklmnopqrstuvwxyz") != f"{span.document}-{span.line}":
            yield Problem(place, f"{span.id} says another document or line than {span.document}, line {span.line}")
        if hashlib.sha256(span.text.encode()).hexdigest() != span.sha256:
            yield Problem(place, f"the text of {span.id} is not the text that was extracted")
        if span.id not in cited:
            yield Problem(place, f"nothing cites {span.id}")
        for name in span.cited_by:
            if (name, span.id) not in used:
                yield Problem(place, f"{name} does not cite {span.id}")


def _pairs(files: Iterable[ProcedureFile]) -> Iterator[tuple[str, str]]:
    for file in files:
        yield from ((step.id, cite.span) for node in file.nodes for step in node.steps for cite in step.cites)
        yield from ((each.name, cite.span) for each in file.checklists for cite in each.cites)
        yield from ((each.name, item.cite.span) for each in file.lists for item in each.items)
        # A flagged gap is carried by steps, and they cite it; only one that no step carries cites for itself.
        yield from ((gap.id, gap.span) for gap in file.gaps if not gap.flagged)


def _step(step: Instruction, place: str, cited: _Cited) -> Iterator[Problem]:
    texts = [cited.spans[cite.span].text for cite in step.cites]
    yield from _citations(step, place, cited)
    yield from _scripts(step, place, texts)
    yield from _values(step, place, texts)
    if step.case is not None and step.case in cited.cases:
        yield from _case_values(cited.cases[step.case], place, texts)
    yield from _gap(step, place, cited)


def _citations(step: Instruction, place: str, cited: _Cited) -> Iterator[Problem]:
    if reading(step.id) not in {cite.id for cite in step.cites}:
        yield Problem(place, f"{step.id} does not cite {reading(step.id)}")
    for _, cite in repeated(step.cites):
        yield Problem(place, f"{step.id} cites {cite.span} twice")
    for cite in step.cites:
        if step.id not in cited.spans[cite.span].cited_by:
            yield Problem(place, f"{cite.span} does not know that {step.id} cites it")
        if (cite.id, cite.span) not in cited.readings:
            yield Problem(place, f"{step.id} cites {cite.span} as {cite.id}, and no step of {cite.id} does")


def _scripts(step: Instruction, place: str, texts: Sequence[str]) -> Iterator[Problem]:
    for number, script in enumerate(step.say):
        if not any(_quoted(script, text) for text in texts):
            yield Problem(f"{place}.say[{number}]", f"{step.id} says what no cited span has, letter for letter")
        if "{" in script or "}" in script:
            yield Problem(f"{place}.say[{number}]", f"{step.id} has a setting in a script: scripts never interpolate")


def _quoted(script: str, text: str) -> bool:
    """Tell whether ``script`` is a whole quotation of ``text``: the first word to the last, between quotation marks."""
    return any(f"{before}{script}{after}" in text for before in OPENING for after in CLOSING)


def _values(step: Instruction, place: str, texts: Sequence[str]) -> Iterator[Problem]:
    """Check the values a step shows: settings by their shipped words, the disposition, the seconds to wait."""
    words = [*step.do, *step.warn, *([step.transfer.to] if step.transfer else [])]
    for name in dict.fromkeys(name for text in words for name in _PLACEHOLDER.findall(text)):
        if name not in VALUES:
            yield Problem(place, f"there is no setting {name}")
        elif VALUES[name] != NOT_SET and not any(VALUES[name] in text for text in texts):
            yield Problem(place, f"{step.id} uses {name}, and no cited span has {VALUES[name]}")
    yield from (Problem(place, f"stray brace in {step.id}") for text in words if _stray(text))
    if step.transfer and not _PLACEHOLDER.fullmatch(step.transfer.to):
        yield Problem(place, f"{step.id} transfers to {step.transfer.to}, which is no setting")
    if step.disposition and not any(step.disposition in text and NOTATIONS in text for text in texts):
        yield Problem(place, f"no span that {step.id} cites has the disposition {step.disposition}")
    if step.own_disposition and not any(NOTATIONS in text for text in texts):
        yield Problem(place, f"no span that {step.id} cites asks for disposition notations")
    yield from _times(step, place, texts)


def _times(step: Instruction, place: str, texts: Sequence[str]) -> Iterator[Problem]:
    """Check what a step says of waiting, voicemail and promises: what its spans state, and no more."""
    promised = {f"{hours}_business_hours" for text in texts for hours in _PROMISE.findall(text)}
    if (step.promise is not None or promised) and step.promise not in promised:
        yield Problem(place, f"{step.id} promises {step.promise}, and its spans {_or_nothing(promised)}")
    if step.transfer is None:
        return
    waits = {int(seconds) for text in texts for seconds in _WAIT.findall(text)}
    if (step.transfer.wait_seconds is not None or waits) and step.transfer.wait_seconds not in waits:
        yield Problem(
            place, f"{step.id} waits {step.transfer.wait_seconds} seconds, and its spans {_or_nothing(waits)}"
        )
    stated = [has for has, words in VOICEMAIL.items() if any(words in text for text in texts)]
    if step.transfer.voicemail != (stated[0] if stated else None):
        yield Problem(place, f"{step.id} has voicemail: {step.transfer.voicemail}, and its spans {_or_nothing(stated)}")


def _or_nothing(stated: Iterable[object]) -> str:
    return ", ".join(map(str, stated)) or "nothing"


def _case_values(case: CaseTemplate, place: str, texts: Sequence[str]) -> Iterator[Problem]:
    fields = (
        f"Case Type: {case.type}",
        f"Subtype: {case.subtype}",
        f"Case Description: {case.description}",
        *case.tags,
        f"case assignment to {case.assign_to}",
    )
    for field in fields:
        if not any(_is_word(field, text) for text in texts):
            yield Problem(place, f"no cited span has “{field}”")


def _is_word(words: str, text: str) -> bool:
    return re.search(rf"{re.escape(words)}(?!\w)", text) is not None


def _gap(step: Instruction, place: str, cited: _Cited) -> Iterator[Problem]:
    """An inferred step is named after its gap; a step named after a reading of the SOP is not inferred."""
    gap = cited.gaps.get(reading(step.id))
    if gap is not None and step.gap != gap.id:
        yield Problem(place, f"{step.id} is inferred and must carry the gap {gap.id}")
    if gap is not None and (gap.id, gap.span) not in {(cite.id, cite.span) for cite in step.cites}:
        yield Problem(place, f"{step.id} does not cite {gap.span}, where the SOP falls silent")
    if gap is None and step.gap is not None:
        yield Problem(place, f"{step.id} carries the gap {step.gap}, which is another reading's")


def _cases(file: ProcedureFile) -> Iterator[Problem]:
    for index, case in enumerate(file.cases):
        place = f"$.cases[{index}]"
        texts = (case.type, case.subtype, case.description, case.assign_to)
        for name in (name for text in texts for name in _PLACEHOLDER.findall(text)):
            if name not in VALUES:
                yield Problem(place, f"there is no setting {name}")
        yield from (Problem(place, f"stray brace in {case.name}") for text in texts if _stray(text))


def _lists(file: ProcedureFile, cited: _Cited) -> Iterator[Problem]:
    facts = {fact.name: fact for fact in file.facts}
    for index, each in enumerate(file.lists):
        for number, item in enumerate(each.items):
            span = cited.spans[item.cite.span]
            if item.text != span.text or each.name not in span.cited_by:
                place = f"$.lists[{index}].items[{number}]"
                yield Problem(place, f"{item.text} is not what {span.id} has, letter for letter")
        texts = [item.text for item in each.items]
        if each.name in facts and texts != [answer.label for answer in facts[each.name].answers]:
            yield Problem(
                f"$.lists[{index}]", f"the answers of {each.name} are not its list, word for word and in order"
            )


def _checklists(file: ProcedureFile, cited: _Cited) -> Iterator[Problem]:
    for index, each in enumerate(file.checklists):
        text = " ".join(cited.spans[cite.span].text for cite in each.cites)
        places = [text.find(question) for question in each.questions]
        for number, found in enumerate(places):
            if found < 0:
                place = f"$.checklists[{index}].questions[{number}]"
                yield Problem(place, f"{each.name} asks what no cited span has, letter for letter")
        if places != sorted(set(places)):
            yield Problem(f"$.checklists[{index}]", f"{each.name} does not ask in the order of its spans")
        if text.count("?") != sum(question.count("?") for question in each.questions):
            yield Problem(f"$.checklists[{index}]", f"{each.name} leaves out what its spans ask, or cuts a question")
        for cite in each.cites:
            if each.name not in cited.spans[cite.span].cited_by:
                yield Problem(f"$.checklists[{index}]", f"{cite.span} does not know that {each.name} cites it")


def _gaps(file: ProcedureFile, cited: _Cited) -> Iterator[Problem]:
    carried = {step.gap for node in file.nodes for step in node.steps}
    for index, gap in enumerate(file.gaps):
        place = f"$.gaps[{index}]"
        if not gap.flagged and gap.id not in cited.spans[gap.span].cited_by:
            yield Problem(place, f"{gap.span} does not know that {gap.id} cites it")
        if gap.flagged and gap.id not in carried:
            yield Problem(place, f"no step carries the gap {gap.id}")
        if not gap.flagged and gap.id in carried:
            yield Problem(place, f"{gap.id} is not flagged to agents, and a step carries it")


def _stray(text: str) -> bool:
    return any(brace in _PLACEHOLDER.sub("", text) for brace in "{}")


def reading(step: str) -> str:
    """Return the reading that a step carries out: ``INF-4b`` of ``INF-4b.case``."""
    return step.partition(".")[0]
