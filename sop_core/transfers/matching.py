"""Finding a project from what an agent heard.

Each word is widened over the sheet's own words, their postings are summed, and the best are ranked again.

Phones, project ids and e-mails are looked up exactly (also the last seven or four digits, and with neighbours swapped).
Imports numpy and RapidFuzz: import this module only where something is searched.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

import numpy as np

from sop_core.transfers import snapshot as shots
from sop_core.transfers.found import Found, Hit, Verdict
from sop_core.transfers.lookups import Lookups
from sop_core.transfers.ranking import Term, judge, own_first, reasons
from sop_core.transfers.vocabulary import Vocabulary
from sop_core.transfers.words import FILLERS, STATES, UNIT_WORDS, fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from sop_core.transfers.lookups import Direct
    from sop_core.transfers.project import Project

__all__ = ["Found", "Hit", "Index", "build"]

CANDIDATES: Final = 60
MOST_WORDS: Final = 16
LONGEST: Final = 400
SURE: Final = 0.84
CLEAR_LEAD: Final = 0.07
PLAUSIBLE: Final = 0.66
PHONE: Final = re.compile(
    r"(?<![\w])\+?1?[ .\-]?\(?(\d{3})\)?[ .\-]{0,2}(\d{3})[ .\-]?(\d{4})(?!\w)|(?<!\w)(\d{3})[ .\-](\d{4})(?!\w)"
)
EMAIL: Final = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


def build(projects: Iterable[Project]) -> bytes:
    """Return the search snapshot of a sheet's projects."""
    return shots.pack(shots.take(projects))


class Index:
    """The projects of one sheet, ready to be searched from memory; many threads may search at once."""

    def __init__(self, snapshot: shots.Snapshot) -> None:
        self._shot = snapshot
        self._vocabulary = Vocabulary(snapshot)
        self._lookups = Lookups(snapshot)

    @classmethod
    def load(cls, packed: bytes) -> Index:
        """Return the index of a snapshot made by :func:`build`; raises :class:`ValueError` for anything else."""
        return cls(shots.unpack(packed))

    def __len__(self) -> int:
        return len(self._shot)

    def search(self, text: str, limit: int = 5) -> Found:
        """Return the ``limit`` projects that fit ``text`` best."""
        terms = list(self._terms(text[:LONGEST]))
        if not terms or not len(self):
            return Found("none", ())
        judged = [judge(self._shot, position, terms) for position in self._candidates(terms).tolist()]
        ranked = own_first(judged, PLAUSIBLE)
        hits = (Hit(self._shot.key(each.position), round(each.score, 4), reasons(each)) for each in ranked[:limit])
        return Found(_verdict([each.score for each in ranked[:2]]), tuple(hits))

    # -- reading the query

    def _terms(self, text: str) -> Iterator[Term]:
        for match in EMAIL.finditer(text):
            yield self._direct_term(match[0], self._lookups.email(match[0]))
        text = EMAIL.sub(" ", text)
        for match in PHONE.finditer(text):
            number = "".join(part for part in match.groups() if part)
            yield self._direct_term(number, self._lookups.phone(number))
        yield from self._word_terms(_query_words(PHONE.sub(" ", text)), is_typing=text[-1:].isalnum())

    def _direct_term(self, text: str, direct: Direct) -> Term:
        return Term(text, {}, direct, math.log(1 + len(self) / max(1, len(direct))))

    def _word_terms(self, words: list[str], *, is_typing: bool) -> Iterator[Term]:
        at = 0
        while at < len(words):
            used, direct = self._lookups.ids(words, at)
            is_begun = is_typing and at + used == len(words)
            if used > 1:
                yield self._direct_term("".join(words[at : at + used]), direct)
            else:
                yield self._word_term(words, at, direct, is_begun=is_begun)
            at += used

    def _word_term(self, words: list[str], at: int, direct: Direct, *, is_begun: bool) -> Term:
        word = words[at]
        if word.isdigit():
            direct = self._lookups.digits(word, is_begun=is_begun) | direct
        near = self._vocabulary.near(words, at, is_begun=is_begun)
        return Term(word, near, direct, self._weight(near, direct), is_begun=is_begun)

    def _weight(self, near: dict[int, float], direct: Direct) -> float:
        """Return how much a term tells: the fewer projects have what is most like it, the more."""
        count = len(self)
        if not near and not direct:
            return 0.7 * math.log(1 + count)
        best = max([*near.values(), *(score for score, _ in direct.values())])
        close = [position for position, score in near.items() if score >= best - 0.02]
        first = self._shot.first
        bearers = sum(int(first[p + 1] - first[p]) for p in close) or len(direct)
        return math.log(1 + count / max(1, bearers))

    # -- choosing whom to look at

    def _candidates(self, terms: list[Term]) -> NDArray[np.int64]:
        total = np.zeros(len(self), np.float32)
        part = np.zeros(len(self), np.float32)
        for term in terms:
            part.fill(0)
            self._spread(term.words, part)
            for owner, (score, _) in term.direct.items():
                part[owner] = max(part[owner], score)
            part *= np.float32(term.weight)
            total += part
        # Whoever has less than half of what the best has is hardly looked at: only if there are few.
        likely = np.flatnonzero(total > total.max() / 2)
        if likely.size < CANDIDATES:
            likely = np.flatnonzero(total)
        if likely.size > CANDIDATES:
            likely = likely[np.argpartition(-total[likely], CANDIDATES - 1)[:CANDIDATES]]
        return likely

    def _spread(self, near: dict[int, float], part: NDArray[np.float32]) -> None:
        """Give every project that has one of the words the best of their scores."""
        words = np.fromiter(near.keys(), np.int64, len(near))
        scores = np.fromiter(near.values(), np.float32, len(near))
        # numpy writes in order: of two scores for one project the last, which is the better, stays.
        order = np.argsort(scores, kind="stable")
        words, scores = words[order], scores[order]
        first = self._shot.first
        starts, counts = first[words].astype(np.int64), first[words + 1] - first[words]
        places = np.repeat(starts - (np.cumsum(counts) - counts), counts) + np.arange(counts.sum())
        part[self._shot.bearers[places]] = np.repeat(scores, counts)


def _verdict(scores: list[float]) -> Verdict:
    if not scores or scores[0] < PLAUSIBLE:
        return "none"
    second = scores[1] if len(scores) > 1 else 0.0
    return "sure" if scores[0] >= SURE and scores[0] - second >= CLEAR_LEAD else "several"


def _query_words(text: str) -> list[str]:
    folded = fold(text)
    for name, code in STATES.items():
        if " " in name and name in folded:
            folded = re.sub(rf"\b{name}\b", code, folded)
    words = [word for word in folded.split() if word not in UNIT_WORDS]
    kept = [word for word in words[:-1] if word not in FILLERS] + words[-1:]
    return kept[:MOST_WORDS]
