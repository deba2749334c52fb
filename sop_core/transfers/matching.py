"""Finding a project from what an agent heard.

Each word is widened over the sheet's own words, their postings are summed, and the best are ranked again.

Phones, project ids and e-mails are looked up exactly (also the last seven or four digits, and with neighbours swapped).
Imports numpy and RapidFuzz: import this module only where something is searched.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from sop_core.transfers import snapshot as shots
from sop_core.transfers.found import Found, Hit, Verdict
from sop_core.transfers.nicknames import RELATIVES
from sop_core.transfers.words import FILLERS, STATES, STREET_FORMS, UNIT_WORDS, fold, sound

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from sop_core.transfers.project import Project

__all__ = ["Found", "Hit", "Index", "build"]

CANDIDATES: Final = 60
NEAREST: Final = 48
MOST_PREFIXED: Final = 4000
MOST_WORDS: Final = 16
LONGEST: Final = 400
NEAR: Final = 0.74
EXACT: Final = 0.99
SURE: Final = 0.84
# Below SURE: a number that is not the one that was said is for the agent to confirm.
SWAPPED: Final = 0.83
CLEAR_LEAD: Final = 0.07
PLAUSIBLE: Final = 0.66
LONG_FORMS: Final = {short: long for long, short in STREET_FORMS.items()}
LONGS: Final = tuple(long for long in STREET_FORMS if len(long) > 3)  # noqa: PLR2004  (shorter ones resemble anything)
LIKE_A_LONG: Final = 0.75
NAMES: Final = (shots.NAME, shots.CO_NAME)
FIELD_NAMES: Final = ("name", "co-homeowner", "street", "city", "state", "ZIP", "name")
PHONE: Final = re.compile(
    r"(?<![\w])\+?1?[ .\-]?\(?(\d{3})\)?[ .\-]{0,2}(\d{3})[ .\-]?(\d{4})(?!\w)|(?<!\w)(\d{3})[ .\-](\d{4})(?!\w)"
)
EMAIL: Final = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


class Term(NamedTuple):
    """A word of the query: what it may stand for among the sheet's words, and projects it points at directly."""

    text: str
    words: dict[int, float]
    direct: dict[int, tuple[float, str]]
    weight: float


def build(projects: Iterable[Project]) -> bytes:
    """Return the search snapshot of a sheet's projects."""
    return shots.pack(shots.take(projects))


class Index:
    """The projects of one sheet, ready to be searched from memory."""

    def __init__(self, snapshot: shots.Snapshot) -> None:
        self._shot = snapshot
        self._positions = {word: position for position, word in enumerate(snapshot.vocabulary)}
        self._alphabetic = np.array(
            [position for position, word in enumerate(snapshot.vocabulary) if not word.isdigit()], np.int32
        )
        self._spelt = [snapshot.vocabulary[position] for position in self._alphabetic]
        self._sounds: dict[str, list[int]] = {}
        for position, word in zip(self._alphabetic.tolist(), self._spelt, strict=True):
            self._sounds.setdefault(sound(word), []).append(position)
        self._post()

    def _post(self) -> None:
        shot = self._shot
        count = len(shot.keys)
        owners = np.repeat(np.arange(count, dtype=np.int64), np.diff(shot.starts))
        # A word counts once a project, however often it stands in it.
        pairs = np.unique(shot.words.astype(np.int64) * max(count, 1) + owners)
        self._owners = (pairs % max(count, 1)).astype(np.int32)
        self._first = np.searchsorted(pairs // max(count, 1), np.arange(len(shot.vocabulary) + 1))
        self._tails: dict[str, tuple[NDArray[np.int64], NDArray[np.int32]]] = {}
        phones, positions = shot.numbers.get("phones", (np.empty(0, np.int64), np.empty(0, np.int32)))
        for name, size in (("seven", 10**7), ("four", 10**4)):
            tails = phones % size
            order = np.argsort(tails, kind="stable")
            self._tails[name] = (tails[order], positions[order])

    @classmethod
    def load(cls, packed: bytes) -> Index:
        """Return the index of a snapshot made by :func:`build`."""
        return cls(shots.unpack(packed))

    def __len__(self) -> int:
        return len(self._shot.keys)

    def search(self, text: str, limit: int = 5) -> Found:
        """Return the ``limit`` projects that fit ``text`` best."""
        terms = list(self._terms(text[:LONGEST]))
        if not terms or not self._shot.keys:
            return Found("none", ())
        ranked = sorted(
            (self._judge(position, terms) for position in self._candidates(terms).tolist()),
            key=lambda judged: (-judged[0], judged[1]),
        )
        hits = tuple(Hit(self._shot.keys[position], round(score, 4), why) for score, position, why in ranked[:limit])
        return Found(_verdict([score for score, _, _ in ranked]), hits)

    # -- reading the query

    def _terms(self, text: str) -> Iterator[Term]:
        for match in EMAIL.finditer(text):
            yield self._direct_term(match[0], self._lookup("emails", [shots.digest(match[0].casefold())], 1.0, "email"))
        text = EMAIL.sub(" ", text)
        for match in PHONE.finditer(text):
            number = "".join(part for part in match.groups() if part)
            yield self._direct_term(number, self._phone(number))
        yield from self._word_terms(_query_words(PHONE.sub(" ", text)), typing=text[-1:].isalnum())

    def _direct_term(self, text: str, direct: dict[int, tuple[float, str]]) -> Term:
        return Term(text, {}, direct, math.log(1 + len(self) / max(1, len(direct))))

    def _word_terms(self, words: list[str], *, typing: bool) -> Iterator[Term]:
        at = 0
        while at < len(words):
            used, direct = self._ids(words, at)
            joined = "".join(words[at : at + used])
            is_last = at + used == len(words)
            if used > 1:
                yield self._direct_term(joined, direct)
            else:
                yield self._word_term(words, at, direct, prefix=is_last and typing)
            at += used

    def _word_term(self, words: list[str], at: int, direct: dict[int, tuple[float, str]], *, prefix: bool) -> Term:
        word = words[at]
        if word.isdigit():
            near = self._numbers_near(word)
            direct = self._digits(word, prefix=prefix) | direct
        else:
            near = self._words_near(word)
            self._join(words, at, near)
        if prefix:
            _widen(near, self._prefixed(word))
        return Term(word, near, direct, self._weight(near, direct))

    def _weight(self, near: dict[int, float], direct: dict[int, tuple[float, str]]) -> float:
        count = len(self)
        if not near and not direct:
            return 0.7 * math.log(1 + count)
        best = max([*near.values(), *(score for score, _ in direct.values())])
        close = [position for position, score in near.items() if score >= best - 0.02]
        bearers = sum(int(self._first[p + 1] - self._first[p]) for p in close) or len(direct)
        return math.log(1 + count / max(1, bearers))

    def _words_near(self, word: str) -> dict[int, float]:
        near: dict[int, float] = {}
        for form in self._forms(word):
            _widen(near, {form: 1.0})
        for name in RELATIVES.get(word, ()):
            if name in self._positions:
                _widen(near, {self._positions[name]: 0.93})
        if len(word) == 1:
            return near
        _widen(near, self._spelt_alike(word))
        _widen(near, self._street_forms_alike(word))
        heard = sound(word)
        if len(heard) > 1:
            for position in self._sounds.get(heard, ()):
                alike = JaroWinkler.normalized_similarity(word, self._shot.vocabulary[position])
                _widen(near, {position: 0.70 + 0.22 * alike})
        return near

    def _forms(self, word: str) -> Iterator[int]:
        for form in (word, STREET_FORMS.get(word), LONG_FORMS.get(word), STATES.get(word)):
            if form is not None and form in self._positions:
                yield self._positions[form]

    def _spelt_alike(self, word: str) -> dict[int, float]:
        if not self._spelt:
            return {}
        winkler = process.cdist(
            [word], self._spelt, scorer=JaroWinkler.normalized_similarity, dtype=np.float32, score_cutoff=0.72
        )[0]
        likely = np.flatnonzero(winkler)
        if not likely.size:
            return {}
        edits = process.cdist(
            [word], [self._spelt[i] for i in likely.tolist()], scorer=OSA.normalized_similarity, dtype=np.float32
        )[0]
        score = 0.55 * winkler[likely] + 0.45 * edits
        best = np.argsort(-score, kind="stable")[:NEAREST]
        return {int(self._alphabetic[likely[i]]): 0.97 * float(score[i]) for i in best.tolist() if score[i] >= NEAR}

    def _street_forms_alike(self, word: str) -> dict[int, float]:
        """The sheet keeps ``st``; a slip in ``street`` must find it all the same."""
        if len(word) < 4 or word in STREET_FORMS:  # noqa: PLR2004
            return {}
        likely = process.extract(word, LONGS, scorer=OSA.normalized_similarity, score_cutoff=LIKE_A_LONG, limit=3)
        shorts = ((STREET_FORMS[long], score) for long, score, _ in likely)
        return {self._positions[short]: 0.97 * score for short, score in shorts if short in self._positions}

    def _join(self, words: list[str], at: int, near: dict[int, float]) -> None:
        for first, last in ((at, at + 2), (at - 1, at + 1), (at, at + 3), (at - 1, at + 2), (at - 2, at + 1)):
            if first < 0 or last > len(words):
                continue
            joined = "".join(words[first:last])
            if joined in self._positions:
                _widen(near, {self._positions[joined]: 0.97})
        word = words[at]
        for cut in range(2, len(word) - 1):
            halves = self._positions.get(word[:cut]), self._positions.get(word[cut:])
            if halves[0] is not None and halves[1] is not None:
                # Half a word each: both are needed for a full score, which the trigrams decide.
                _widen(near, {halves[0]: 0.8, halves[1]: 0.8})

    def _prefixed(self, word: str) -> dict[int, float]:
        vocabulary = self._shot.vocabulary
        first = bisect_left(vocabulary, word)
        last = bisect_left(vocabulary, word + "\x7f")
        near = {
            position: 0.80 + 0.19 * len(word) / len(vocabulary[position])
            for position in range(first, min(last, first + MOST_PREFIXED))
        }
        if len(word) > 2:  # noqa: PLR2004
            forms = (
                short for long, short in STREET_FORMS.items() if long.startswith(word) and short in self._positions
            )
            near |= {self._positions[short]: 0.9 for short in forms}
        return near

    # -- numbers

    def _numbers_near(self, number: str) -> dict[int, float]:
        near = {self._positions[number]: 1.0} if number in self._positions else {}
        if len(number) > 1:
            for variant, score in _misheard_digits(number):
                position = self._positions.get(variant)
                if position is not None:
                    _widen(near, {position: score})
        for ending in ("st", "nd", "rd", "th"):
            if number + ending in self._positions:
                _widen(near, {self._positions[number + ending]: 0.92})
        return near

    def _digits(self, number: str, *, prefix: bool) -> dict[int, tuple[float, str]]:
        found: dict[int, tuple[float, str]] = {}
        size = len(number)
        if size in (7, 10, 11):
            found |= self._phone(number[-10:])
        if size == 4:  # noqa: PLR2004
            found |= self._range(self._tails["four"], int(number), int(number) + 1, 0.9, "phone's last four")
        if 3 <= size <= shots.MAX_DIGITS:  # noqa: PLR2004
            swapped = [int(variant) for variant in _swapped(number)] if size > 4 else []  # noqa: PLR2004
            found |= self._lookup("digits", swapped, SWAPPED, "project id with digits swapped")
            found |= self._lookup("digits", [int(number)], 0.99, "project id")
        if prefix and 3 <= size < 10 and not found:  # noqa: PLR2004
            found |= self._started(number)
        return found

    def _started(self, number: str) -> dict[int, tuple[float, str]]:
        found: dict[int, tuple[float, str]] = {}
        for kind, longest, why in (("digits", 9, "start of project id"), ("phones", 10, "start of phone")):
            for size in range(10 if kind == "phones" else len(number) + 1, longest + 1):
                scale = 10 ** (size - len(number))
                low = int(number) * scale
                found |= self._range(self._shot.numbers.get(kind), low, low + scale, 0.86, why)
        return found

    def _phone(self, number: str) -> dict[int, tuple[float, str]]:
        if len(number) == 7:  # noqa: PLR2004
            return self._range(self._tails["seven"], int(number), int(number) + 1, 0.97, "phone's last seven")
        exact = self._lookup("phones", [int(number)], 1.0, "phone")
        if exact:
            return exact
        swapped = self._lookup(
            "phones", [int(variant) for variant in _swapped(number)], SWAPPED, "phone with digits swapped"
        )
        slips = [int(v) for v, _ in _misheard_digits(number) if len(v) == len(number)]
        seven = int(number[-7:])
        # Another area code is another phone: worth a look, no match.
        return (
            swapped
            or self._lookup("phones", slips, 0.72, "phone nearly")
            or self._range(self._tails["seven"], seven, seven + 1, 0.62, "phone's last seven")
        )

    def _ids(self, words: list[str], at: int) -> tuple[int, dict[int, tuple[float, str]]]:
        for used in (4, 3, 2, 1):
            part = words[at : at + used]
            form = shots.id_form("".join(part))
            if len(part) < used or not any(c.isdigit() for c in form) or len(form) < 3:  # noqa: PLR2004
                continue
            found = self._lookup("ids", [shots.digest(form)], 1.0, "project id")
            if not found and used <= 2 and not form.isdigit():  # noqa: PLR2004
                found = self._lookup(
                    "ids", [shots.digest(v) for v in _swapped(form)], SWAPPED, "project id with digits swapped"
                )
            if found:
                return used, found
        return 1, {}

    def _lookup(self, kind: str, numbers: list[int], score: float, why: str) -> dict[int, tuple[float, str]]:
        found: dict[int, tuple[float, str]] = {}
        for number in numbers:
            found |= self._range(self._shot.numbers.get(kind), number, number + 1, score, why)
        return found

    def _range(
        self, table: tuple[NDArray[np.int64], NDArray[np.int32]] | None, low: int, high: int, score: float, why: str
    ) -> dict[int, tuple[float, str]]:
        if table is None:
            return {}
        first, last = np.searchsorted(table[0], [low, high])
        return dict.fromkeys(table[1][first : min(last, first + 500)].tolist(), (score, why))

    # -- ranking

    def _candidates(self, terms: list[Term]) -> NDArray[np.int64]:
        total = np.zeros(len(self), np.float32)
        part = np.zeros(len(self), np.float32)
        for term in terms:
            part.fill(0)
            for position, score in sorted(term.words.items(), key=lambda pair: pair[1]):
                owners = self._owners[self._first[position] : self._first[position + 1]]
                part[owners] = score
            for owner, (score, _) in term.direct.items():
                part[owner] = max(part[owner], score)
            total += term.weight * part
        best = np.argpartition(-total, min(CANDIDATES, len(total) - 1))[:CANDIDATES]
        return best[total[best] > 0]

    def _judge(self, position: int, terms: list[Term]) -> tuple[float, int, str]:
        shot = self._shot
        start, end = int(shot.starts[position]), int(shot.starts[position + 1])
        words, fields = shot.words[start:end].tolist(), shot.fields[start:end].tolist()
        matches = _align(position, terms, words, fields, self._shot.vocabulary)
        whole = sum(term.weight for term in terms)
        aligned = sum(term.weight * match.score for term, match in zip(terms, matches, strict=True)) / whole
        alike = self._alike(terms, matches, words, fields)
        score = aligned if alike is None else 0.5 * aligned + 0.5 * alike * (0.5 + 0.5 * aligned)
        return score, position, _why(matches)

    def _alike(self, terms: list[Term], matches: list[Match], words: list[int], fields: list[int]) -> float | None:
        asked = [
            match.word if match.word in LONG_FORMS else STREET_FORMS.get(term.text, term.text)
            for term, match in zip(terms, matches, strict=True)
            if not match.direct
        ]
        if not asked:
            return None
        touched = {field for match in matches for field in match.fields}
        vocabulary = self._shot.vocabulary
        text = [
            vocabulary[word]
            for word, field in zip(words, fields, strict=True)
            if field in touched and field != shots.JOINED
        ]
        return _cosine(
            _trigrams(asked),
            _trigrams([STREET_FORMS.get(word, word) for word in text]),
        )


class Match(NamedTuple):
    """How well a query word fits a project, where, and which of its words it is taken for."""

    score: float
    why: str
    fields: frozenset[int]
    direct: bool
    word: str = ""


def _align(position: int, terms: list[Term], words: list[int], fields: list[int], vocabulary: list[str]) -> list[Match]:
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
            matches.append(Match(direct[0], direct[1], frozenset(), direct=True))
        elif at >= 0:
            taken.add(at)
            field = shots.NAME if fields[at] == shots.JOINED else fields[at]
            near = "" if best >= EXACT else " nearly"
            why = FIELD_NAMES[field] + near
            matches.append(Match(best, why, frozenset({field}), direct=False, word=vocabulary[words[at]]))
        else:
            free = [vocabulary[word] for i, word in enumerate(words) if fields[i] in NAMES and i not in taken]
            matches.append(_initial(term.text, free))
    return matches


def _initial(text: str, names: list[str]) -> Match:
    """One letter stands for a name, in the query or in the sheet."""
    if any(name[0] == text[0] and 1 in (len(name), len(text)) for name in names):
        return Match(0.7, "initial", frozenset({shots.NAME}), direct=False)
    return Match(0.0, "", frozenset(), direct=False)


def _why(matches: list[Match]) -> str:
    reasons = dict.fromkeys(match.why for match in matches if match.why)
    return ", ".join(reason for reason in reasons if not (reason.endswith(" nearly") and reason[:-7] in reasons))


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


def _widen(near: dict[int, float], more: dict[int, float]) -> None:
    for position, score in more.items():
        if score > near.get(position, 0.0):
            near[position] = score


def _swapped(text: str) -> list[str]:
    return [
        text[:i] + text[i + 1] + text[i] + text[i + 2 :]
        for i in range(len(text) - 1)
        if text[i] != text[i + 1] and text[i].isdigit() and text[i + 1].isdigit()
    ]


def _misheard_digits(number: str) -> Iterator[tuple[str, float]]:
    for variant in _swapped(number):
        yield variant, 0.88
    for i in range(len(number)):
        yield number[:i] + number[i + 1 :], 0.76
        for digit in "0123456789":
            yield number[:i] + digit + number[i + 1 :], 0.78
    for i in range(len(number) + 1):
        for digit in "0123456789":
            yield number[:i] + digit + number[i:], 0.76


def _trigrams(words: list[str]) -> dict[str, float]:
    counted: dict[str, float] = {}
    for word in words:
        padded = f"  {word} "
        for i in range(len(padded) - 2):
            gram = padded[i : i + 3]
            counted[gram] = counted.get(gram, 0.0) + 1.0
    return counted


def _cosine(one: dict[str, float], other: dict[str, float]) -> float:
    shared: Any = sum(count * other.get(gram, 0.0) for gram, count in one.items())
    if not shared:
        return 0.0
    size = math.sqrt(sum(c * c for c in one.values()) * sum(c * c for c in other.values()))
    return float(shared) / size
