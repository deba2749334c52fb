"""How well one project fits a query, and why: half by the words' alignment, half by their trigrams."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sop_core.transfers import snapshot as shots
from sop_core.transfers.found import CO_HOMEOWNER
from sop_core.transfers.nicknames import RELATIVES
from sop_core.transfers.vocabulary import LONG_FORMS
from sop_core.transfers.words import STATES, STREET_FORMS, sound

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sop_core.transfers.lookups import Direct
    from sop_core.transfers.vocabulary import Near

EXACT: Final = 0.99
NAMES: Final = (shots.NAME, shots.CO_NAME)
FIELD_NAMES: Final = ("name", CO_HOMEOWNER, "street", "city", "state", "ZIP", "name")
NUMBER_NAMES: Final = {shots.STREET: "house number", shots.ZIP: "ZIP"}
INITIAL: Final = 0.7


class Term(NamedTuple):
    """A word of the query: what it may stand for among the sheet's words, and projects it points at directly.

    ``is_begun``: it is the last, and may still grow.
    """

    text: str
    words: Near
    direct: Direct
    weight: float
    is_begun: bool = False


class Match(NamedTuple):
    """How well a query word fits a project, the word of the project that it is taken for, and in which field.

    ``why`` says what was looked up directly, or that it is an initial.
    """

    score: float
    word: str = ""
    field: int | None = None
    why: str = ""


class Judged(NamedTuple):
    """A project with its score from 0 to 1, and what each word of the query came to.

    ``aligned`` is how well the words fit, 0 to 1, whatever else the project's fields hold.
    """

    score: float
    position: int
    terms: list[Term]
    matches: list[Match]
    aligned: float

    @property
    def is_by_co_homeowner(self) -> bool:
        """Whether the only name that fits is the co-homeowner's."""
        fields = {match.field for match in self.matches}
        return shots.CO_NAME in fields and shots.NAME not in fields


def judge(shot: shots.Snapshot, position: int, terms: list[Term]) -> Judged:
    """Return how well the project at a position fits the terms."""
    start, end = int(shot.starts[position]), int(shot.starts[position + 1])
    words, fields = shot.words[start:end], shot.fields[start:end].tolist()
    spelt = [shot.vocabulary[word] for word in words.tolist()]
    matches = _align(position, terms, words.tolist(), fields, spelt)
    whole = sum(term.weight for term in terms)
    aligned = sum(term.weight * match.score for term, match in zip(terms, matches, strict=True)) / whole
    alike = _alike(terms, matches, fields, spelt, _weights(shot, words))
    score = aligned if alike is None else 0.5 * aligned + 0.5 * alike * (0.5 + 0.5 * aligned)
    return Judged(score, position, terms, matches, aligned)


def own_first(judged: list[Judged], plausible: float) -> list[Judged]:
    """Return them best first; where the words fit as well, a co-homeowner's name counts no more than a homeowner's own.

    How long the rest of a name is would decide between them otherwise. What scores less than ``plausible`` lowers none.
    """
    least: dict[float, float] = {}
    for each in judged:
        if each.score >= plausible and not each.is_by_co_homeowner:
            least[round(each.aligned, 4)] = min(each.score, least.get(round(each.aligned, 4), 1.0))

    def score(each: Judged) -> float:
        return min(each.score, least.get(round(each.aligned, 4), 1.0)) if each.is_by_co_homeowner else each.score

    counted = [each._replace(score=score(each)) for each in judged]
    return sorted(counted, key=lambda each: (-each.score, each.is_by_co_homeowner, each.position))


def reasons(judged: Judged) -> str:
    """Return what fitted and what differs, in the order of the query: ``name, house number differs: 12 / 21``."""
    said = dict.fromkeys(_reason(term, match) for term, match in zip(judged.terms, judged.matches, strict=True))
    return ", ".join(said)


def _reason(term: Term, match: Match) -> str:
    if match.why:
        return match.why
    if match.field is None:
        return f"no “{term.text}”"
    name = FIELD_NAMES[match.field]
    said, found = (STREET_FORMS.get(word, STATES.get(word, word)) for word in (term.text, match.word))
    if match.score >= EXACT or said == found or (term.is_begun and match.word.startswith(term.text)):
        return name
    if term.text.isdigit() and match.word.isdigit():
        return f"{NUMBER_NAMES.get(match.field, name)} differs: {term.text} / {match.word}"
    if match.word in RELATIVES.get(term.text, ()):
        return f"{term.text} for {match.word}"
    how = "sounds like" if sound(term.text) == sound(match.word) else "is nearly"
    return f"{name} {how} {match.word}"


def _align(position: int, terms: list[Term], words: list[int], fields: list[int], spelt: list[str]) -> list[Match]:
    matches = []
    taken: set[int] = set()
    for term in terms:
        direct = term.direct.get(position)
        best, at = 0.0, -1
        for i, word in enumerate(words):
            score = term.words.get(word, 0.0)
            if score > best and (i not in taken or fields[i] == shots.JOINED):
                best, at = score, i
        if direct and direct[0] >= best:
            matches.append(Match(direct[0], why=direct[1]))
        elif at >= 0:
            taken.add(at)
            field = shots.NAME if fields[at] == shots.JOINED else fields[at]
            matches.append(Match(best, spelt[at], field))
        else:
            free = [word for i, word in enumerate(spelt) if fields[i] in NAMES and i not in taken]
            matches.append(_initial(term.text, free))
    return matches


def _initial(text: str, names: list[str]) -> Match:
    """One letter stands for a name, in the query or in the sheet."""
    if any(name[0] == text[0] and 1 in (len(name), len(text)) for name in names):
        return Match(INITIAL, field=shots.NAME, why="initial")
    return Match(0.0)


def _weights(shot: shots.Snapshot, words: NDArray[np.int32]) -> list[float]:
    """Return how much each word of a project tells: the fewer projects have it, the more."""
    bearers = shot.first[words + 1] - shot.first[words]
    weights: list[float] = np.log1p(len(shot) / bearers).tolist()
    return weights


def _alike(
    terms: list[Term], matches: list[Match], fields: list[int], spelt: list[str], weights: list[float]
) -> float | None:
    """Return how alike the letters are, of what was asked and of the fields that were touched; None: only numbers."""
    asked = [
        (match.word if match.word in LONG_FORMS else STREET_FORMS.get(term.text, term.text), term.weight)
        for term, match in zip(terms, matches, strict=True)
        if match.field is not None or not match.why
    ]
    if not asked:
        return None
    touched = {match.field for match in matches}
    text = [
        (STREET_FORMS.get(word, word), weight)
        for word, field, weight in zip(spelt, fields, weights, strict=True)
        if field in touched and field != shots.JOINED
    ]
    return _cosine(_trigrams(asked), _trigrams(text))


def _trigrams(words: list[tuple[str, float]]) -> dict[str, float]:
    """Count the trigrams of weighted words, the letters of a rare word for more."""
    counted: dict[str, float] = {}
    for word, weight in words:
        padded, share = f"  {word} ", math.sqrt(weight)
        for i in range(len(padded) - 2):
            gram = padded[i : i + 3]
            counted[gram] = counted.get(gram, 0.0) + share
    return counted


def _cosine(one: dict[str, float], other: dict[str, float]) -> float:
    shared = sum(count * other.get(gram, 0.0) for gram, count in one.items())
    if not shared:
        return 0.0
    size = math.sqrt(sum(c * c for c in one.values()) * sum(c * c for c in other.values()))
    return shared / size
