"""From an uploaded text to a version that can be published: read, compared with its sources, proven, compiled.

Whatever is wrong is said with file, line and reason; nothing that is uploaded can make this endless.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import msgspec

from sop_core.compiler import cited_spans, compile_procedure
from sop_core.guidance import Procedure, UnknownName
from sop_core.paths import combinations, paths
from sop_core.procedure import Document, ProcedureFile, Sha256, Sources, Span, SpanId, Text
from sop_core.procedures.reading import BadFile, Lines, read, read_procedure
from sop_core.reports import diff
from sop_core.verification import Report, verify, verify_sources
from sop_core.verification.structure import MOST_COMBINATIONS, MOST_PATHS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LARGEST: Final = 256 * 1024
"""Bytes of an uploaded file. The longest procedure that ships has 40 KB."""
TOO_LARGE: Final = f"the file is larger than {LARGEST // 1024} KB"

MOST_COMPARED: Final = 8 * MOST_COMBINATIONS
MOST_PAIRS: Final = 200_000
"""Pairs of paths are compared one by one, and each may be a change to tell."""


class Upload(msgspec.Struct, frozen=True):
    """A file as it was uploaded; its name is only shown."""

    name: str
    content: bytes


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong with an uploaded file."""

    file: str
    line: int
    reason: str


class Refused(Exception):
    """The upload cannot become a version; ``faults`` say why, all that were found."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        """Carry what was found."""
        super().__init__(f"{len(faults)} faults")
        self.faults = tuple(faults)


class Candidate(msgspec.Struct, frozen=True):
    """A proven version: as read, compiled, with the spans that it cites, and verification's counts."""

    file: ProcedureFile
    text: str
    sources: Sources
    procedure: Procedure
    report: Report


class _BroughtSpan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A span as an SOP owner writes it: its hash may be left out."""

    id: SpanId
    document: str
    line: int
    text: Text
    cited_by: tuple[Text, ...]
    sha256: Sha256 | None = None


class _Brought(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file that brings what new scripts cite: spans, and documents that no version has cited before."""

    documents: tuple[Document, ...] = ()
    spans: tuple[_BroughtSpan, ...] = ()


def examine(
    upload: Upload, brought: Upload | None, base: Sources, *, names: Sequence[str], taken: dict[tuple[str, str], str]
) -> Candidate:
    """Return the version that ``upload`` holds, proven against ``base`` and the spans that are ``brought`` with it.

    ``names`` are the procedures there are. ``taken`` are the hashes of what is published or ships, by procedure and
    version: other content must have another version.

    :raises Refused: with everything that is wrong.
    """
    text = _text(upload)
    try:
        file, lines = read_procedure(text, file=upload.name)
        sources = _with(base, brought, file) if brought else base
    except BadFile as bad:
        raise Refused([Fault(bad.file, bad.line, bad.reason)]) from bad
    report = _proven(file, sources, upload.name, lines)
    procedure = compile_procedure(file, sources)
    faults = [
        Fault(upload.name, lines.of(place), reason) for place, reason in _misfits(file, procedure.digest, names, taken)
    ]
    if faults:
        raise Refused(faults)
    return Candidate(file, text, _cited(file, sources), procedure, report)


def compare(old: ProcedureFile, new: ProcedureFile) -> list[diff.Change] | None:
    """Return the combinations whose outcome changes; ``None`` where the two have too many together to compare."""
    if max(combinations(new, old), combinations(old, new)) > MOST_COMPARED:
        return None
    pairs = len(paths(new, old, limit=MOST_PATHS)) * len(paths(old, new, limit=MOST_PATHS))
    return None if pairs > MOST_PAIRS else diff.changes(old, new)


def merged(base: Sources, more: Sources) -> Sources:
    """Return ``base`` with what ``more`` adds; of a span that both have, whatever cites it in either.

    :raises ValueError: naming a span or document that both have with other words.
    """
    documents = {document.id: document for document in base.documents}
    for document in more.documents:
        if documents.setdefault(document.id, document) != document:
            raise _Contradiction(document.id)
    spans = {span.id: span for span in base.spans}
    for span in more.spans:
        known = spans.setdefault(span.id, span)
        cited_by = tuple(dict.fromkeys((*known.cited_by, *span.cited_by)))
        if msgspec.structs.replace(known, cited_by=()) != msgspec.structs.replace(span, cited_by=()):
            raise _Contradiction(span.id)
        spans[span.id] = msgspec.structs.replace(known, cited_by=cited_by)
    return Sources(documents=tuple(documents.values()), spans=tuple(spans.values()))


class _Contradiction(ValueError):
    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is there already with other words: a changed document has an id of its own")
        self.name = name


def _text(upload: Upload) -> str:
    if len(upload.content) > LARGEST:
        raise Refused([Fault(upload.name, 1, TOO_LARGE)])
    try:
        return upload.content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = upload.content.count(b"\n", 0, wrong.start) + 1
        raise Refused([Fault(upload.name, line, "the file is not UTF-8 text")]) from wrong


def _with(base: Sources, brought: Upload, file: ProcedureFile) -> Sources:
    """Return ``base`` and what was brought, which must be what it says it is and be cited by ``file``."""
    given, lines = read(_text(brought), brought.name, _Brought)
    added = Sources(documents=given.documents, spans=tuple(map(_span, given.spans)))
    try:
        sources = merged(base, added)
    except _Contradiction as wrong:
        raise BadFile(brought.name, lines.of(_place(added, wrong.name)), str(wrong)) from wrong
    known = {span.id: span.cited_by for span in base.spans}
    # Who cites a span in other procedures is no matter of this one.
    own = tuple(
        msgspec.structs.replace(span, cited_by=tuple(n for n in span.cited_by if n not in known.get(span.id, ())))
        for span in added.spans
    )
    loose = verify_sources((file,), Sources(documents=sources.documents, spans=own))
    if loose:
        raise Refused([Fault(brought.name, lines.of(each.place), each.message) for each in loose])
    return sources


def _span(given: _BroughtSpan) -> Span:
    return Span(
        id=given.id,
        document=given.document,
        line=given.line,
        text=given.text,
        cited_by=given.cited_by,
        sha256=given.sha256 or hashlib.sha256(given.text.encode()).hexdigest(),
    )


def _place(sources: Sources, name: str) -> str:
    parts: tuple[tuple[str, Iterable[Document | Span]], ...] = (
        ("documents", sources.documents),
        ("spans", sources.spans),
    )
    return next(f"$.{part}[{at}]" for part, all_of_it in parts for at, each in enumerate(all_of_it) if each.id == name)


def _proven(file: ProcedureFile, sources: Sources, name: str, lines: Lines) -> Report:
    try:
        report = verify(file, sources)
    except RecursionError:
        raise Refused([Fault(name, 1, "its nodes follow each other too deep to be walked")]) from None
    if report.problems:
        raise Refused([Fault(name, lines.of(each.place), each.message) for each in report.problems])
    return report


def _misfits(
    file: ProcedureFile, digest: str, names: Sequence[str], taken: dict[tuple[str, str], str]
) -> Iterator[tuple[str, str]]:
    if file.procedure not in names:
        yield "$.procedure", str(UnknownName("procedure", file.procedure, tuple(names)))
    if taken.get((file.procedure, file.version), digest) != digest:
        yield "$.version", f"version {file.version} is another content already: give this one a version of its own"


def _cited(file: ProcedureFile, sources: Sources) -> Sources:
    cited = set(cited_spans(file))
    spans = tuple(span for span in sources.spans if span.id in cited)
    documents = {span.document for span in spans}
    return Sources(documents=tuple(each for each in sources.documents if each.id in documents), spans=spans)
