"""What a word of a query may stand for among a sheet's own words, each with how much it is like it (0 to 1)."""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from sop_core.transfers.lookups import misheard_digits
from sop_core.transfers.nicknames import RELATIVES
from sop_core.transfers.words import STATES, STREET_FORMS, sound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from sop_core.transfers.snapshot import Snapshot

Near = dict[int, float]
"""Words of the sheet by position, each with how much the query's word is like it."""

NEAREST: Final = 48
MOST_PREFIXED: Final = 4000
REMEMBERED: Final = 2000
NEAR: Final = 0.74
ALIKE: Final = 0.72
# Likeness in spelling is so much Jaro-Winkler, which rewards a common start, and so much edits.
WINKLER, EDITS = 0.55, 0.45
MOST_BY_PREFIX: Final = 0.4
ROUNDING: Final = 1e-5
LONG_FORMS: Final = {short: long for long, short in STREET_FORMS.items()}
LONGS: Final = tuple(long for long in STREET_FORMS if len(long) > 3)  # noqa: PLR2004  (shorter ones resemble anything)
LIKE_A_LONG: Final = 0.75


class Vocabulary:
    """The distinct words of one sheet."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._words = snapshot.vocabulary
        self._sounds = snapshot.sounds
        self._sound_starts = snapshot.sound_starts
        self._sounding = snapshot.sounding
        # The words that are not numbers are those that have a sound.
        self._spelt = np.sort(snapshot.sounding)
        spelt = [self._words[position] for position in self._spelt.tolist()]
        self._letters, self._lengths = _letters(spelt)
        self._initials = np.array([ord(word[0]) for word in spelt], np.int32)
        self._like = lru_cache(REMEMBERED)(self._words_like)

    def position(self, word: str) -> int | None:
        """Return where a word stands, if the sheet has it."""
        at = bisect_left(self._words, word)
        return at if at < len(self._words) and self._words[at] == word else None

    def near(self, words: list[str], at: int, *, is_begun: bool) -> Near:
        """Return what ``words[at]`` may stand for; ``is_begun``: more of it may follow."""
        word = words[at]
        if word.isdigit():
            near = self._numbers_like(word)
        else:
            near = dict(self._like(word))
            widen(near, self._joined(words, at))
        if is_begun:
            widen(near, self._begun_with(word))
        return near

    def _words_like(self, word: str) -> Mapping[int, float]:
        near: Near = {}
        for form in (word, STREET_FORMS.get(word), LONG_FORMS.get(word), STATES.get(word)):
            if form is not None:
                widen(near, self._if_there(form, 1.0))
        for name in RELATIVES.get(word, ()):
            widen(near, self._if_there(name, 0.93))
        if len(word) == 1:
            return near
        widen(near, self._spelt_alike(word))
        widen(near, self._street_forms_alike(word))
        widen(near, self._sounds_alike(word))
        return near

    def _if_there(self, word: str, score: float) -> Near:
        position = self.position(word)
        return {} if position is None else {position: score}

    def _sounds_alike(self, word: str) -> Near:
        heard = sound(word)
        at = bisect_left(self._sounds, heard)
        if len(heard) < 2 or at == len(self._sounds) or self._sounds[at] != heard:  # noqa: PLR2004
            return {}
        alike = self._sounding[self._sound_starts[at] : self._sound_starts[at + 1]].tolist()
        return {p: 0.70 + 0.22 * JaroWinkler.normalized_similarity(word, self._words[p]) for p in alike}

    def _spelt_alike(self, word: str) -> Near:
        likely = self._likely(word)
        if not likely:
            return {}
        spelt = [self._words[position] for position in likely]
        winkler = process.cdist([word], spelt, scorer=JaroWinkler.normalized_similarity, dtype=np.float32)[0]
        edits = process.cdist([word], spelt, scorer=OSA.normalized_similarity, dtype=np.float32)[0]
        score = np.where(winkler < ALIKE, 0.0, WINKLER * winkler + EDITS * edits)
        best = np.argsort(-score, kind="stable")[:NEAREST]
        return {likely[i]: 0.97 * float(score[i]) for i in best.tolist() if score[i] >= NEAR}

    def _likely(self, word: str) -> list[int]:
        """Return the words that may be near: comparing letter by letter is for them only, and leaves none out.

        Each letter that only one of two words has is an edit, and is matched by none of the other's.
        """
        letters, lengths = _letters([word])
        size, sizes = lengths[0], self._lengths
        lacking, extra = np.bitwise_count(letters[0] & ~self._letters), np.bitwise_count(self._letters & ~letters[0])
        edits = np.maximum(np.maximum(lacking, extra), np.abs(sizes - size))
        matched = np.maximum(np.minimum(size - lacking, sizes - extra), 0)
        jaro = (matched / size + matched / sizes + 1) / 3
        winkler = np.where(self._initials == ord(word[0]), jaro + MOST_BY_PREFIX * (1 - jaro), jaro)
        at_most = WINKLER * winkler + EDITS * (1 - edits / np.maximum(sizes, size))
        likely: list[int] = self._spelt[(at_most >= NEAR - ROUNDING) & (winkler >= ALIKE - ROUNDING)].tolist()
        return likely

    def _street_forms_alike(self, word: str) -> Near:
        """The sheet keeps ``st``; a slip in ``street`` must find it all the same."""
        if len(word) < 4 or word in STREET_FORMS:  # noqa: PLR2004
            return {}
        near: Near = {}
        likely = process.extract(word, LONGS, scorer=OSA.normalized_similarity, score_cutoff=LIKE_A_LONG, limit=3)
        for long, score, _ in likely:
            widen(near, self._if_there(STREET_FORMS[long], 0.97 * score))
        return near

    def _joined(self, words: list[str], at: int) -> Near:
        """Words written as one in the sheet, or one that is two words there."""
        near: Near = {}
        for first, last in ((at, at + 2), (at - 1, at + 1), (at, at + 3), (at - 1, at + 2), (at - 2, at + 1)):
            if first >= 0 and last <= len(words):
                widen(near, self._if_there("".join(words[first:last]), 0.97))
        word = words[at]
        for cut in range(2, len(word) - 1):
            halves = [self.position(word[:cut]), self.position(word[cut:])]
            # Half a word each: both are needed for a full score, which the trigrams decide.
            if None not in halves:
                widen(near, {position: 0.8 for position in halves if position is not None})
        return near

    def _begun_with(self, word: str) -> Near:
        first, last = bisect_left(self._words, word), bisect_left(self._words, word + "\x7f")
        near = {
            position: 0.80 + 0.19 * len(word) / len(self._words[position])
            for position in range(first, min(last, first + MOST_PREFIXED))
        }
        if len(word) > 2:  # noqa: PLR2004
            for long, short in STREET_FORMS.items():
                if long.startswith(word):
                    near |= self._if_there(short, 0.9)
        return near

    def _numbers_like(self, number: str) -> Near:
        near = self._if_there(number, 1.0)
        if len(number) > 1:
            for variant, score in misheard_digits(number):
                widen(near, self._if_there(variant, score))
        for ending in ("st", "nd", "rd", "th"):
            widen(near, self._if_there(number + ending, 0.92))
        return near


def widen(near: Near, more: Mapping[int, float]) -> None:
    """Add words to ``near``; of two scores the better counts."""
    for position, score in more.items():
        if score > near.get(position, 0.0):
            near[position] = score


def _letters(words: list[str]) -> tuple[NDArray[np.uint64], NDArray[np.float32]]:
    """Return for each word a bit for each letter and digit that it has, and its length."""
    if not words:
        return np.empty(0, np.uint64), np.empty(0, np.float32)
    lengths = np.array([len(word) for word in words], np.int64)
    text = np.frombuffer("".join(words).encode("ascii", "replace"), np.uint8).astype(np.uint64)
    bits = np.left_shift(np.uint64(1), text & np.uint64(63))
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)[:-1]])
    return np.bitwise_or.reduceat(bits, starts), lengths.astype(np.float32)
