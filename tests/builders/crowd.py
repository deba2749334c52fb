"""Very many made-up projects from a seed, with as many different words as a country has: a few common, most rare."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import numpy as np

from infra.local.sample_people import CITIES, FIRST, LAST, STREET_TYPES, STREETS
from sop_core.transfers.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.random import Generator
    from numpy.typing import NDArray


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


ONSETS: Final = _parts(
    "b, br, c, ch, cl, cr, d, dr, f, fl, g, gr, h, j, k, kl, l, m, mc, "
    "n, p, pr, r, s, sch, sh, sl, st, t, th, tr, v, w, z"
)
VOWELS: Final = _parts("a, e, i, o, u, ai, au, ee, ei, ie, oo, ou")
CODAS: Final = _parts(", b, ck, d, l, ll, m, n, nd, ng, nn, r, rd, rs, rt, s, sk, ss, st, t, tt, tz, x")
ENDINGS: Final = _parts(", , er, s, son, man, ski, ez, ini, ley, ton, berg, ell, ow")
FIRST_NAMES, LAST_NAMES, STREET_NAMES, TOWNS = 8_000, 60_000, 30_000, 8_000
LONG: Final = 0.6
# Ids lie far apart, so that one with two digits swapped is seldom another.
SPREAD, PRIME = 7_654_321, 99_999_989


def crowd(count: int, *, seed: int) -> Iterator[Project]:
    """Yield ``count`` projects; of their words a few are common and most are rare (Zipf)."""
    rng, letters = np.random.default_rng(seed), random.Random(seed)  # noqa: S311 - made-up people, not secrets
    firsts = _drawn(rng, _invented(letters, FIRST, FIRST_NAMES), count)
    lasts = _drawn(rng, _invented(letters, LAST, LAST_NAMES), count)
    streets = _drawn(rng, _invented(letters, STREETS, STREET_NAMES), count)
    towns = _drawn(rng, _invented(letters, [city[0] for city in CITIES], TOWNS), count)
    states = sorted({city[1] for city in CITIES})
    kinds = rng.choice(STREET_TYPES, count).tolist()
    numbers = (10 ** rng.uniform(0.5, 4.4, count)).astype(int).tolist()
    phones = rng.integers(2 * 10**9, 10**10, count).tolist()
    zips = rng.integers(501, 99951, TOWNS).tolist()
    for at, (first, last, street, town) in enumerate(zip(firsts, lasts, streets, towns, strict=True)):
        place = hash_of(town)
        yield Project(
            key=(key := f"INF-{at * SPREAD % PRIME:08}"),
            row=at + 2,
            project_id=key,
            homeowner=f"{first} {last}",
            address=f"{numbers[at]} {street} {kinds[at]}",
            city=town,
            state=states[place % len(states)],
            zip=f"{zips[place % TOWNS]:05}",
            phone=str(phones[at]),
        )


def hash_of(text: str) -> int:
    """Return a number for a town, so that its people share state and ZIP."""
    return sum((at + 1) * ord(letter) for at, letter in enumerate(text))


def _invented(rng: random.Random, known: Sequence[str], count: int) -> list[str]:
    """Return the known words and invented ones, ``count`` together."""
    words = dict.fromkeys(known)
    while len(words) < count:
        parts = (ONSETS, VOWELS, CODAS, ONSETS, VOWELS, CODAS, ENDINGS)
        spelt = "".join(rng.choice(part) for part in (parts if rng.random() < LONG else (*parts[:3], ENDINGS)))
        words.setdefault(spelt.capitalize())
    return list(words)


def _drawn(rng: Generator, words: list[str], count: int) -> list[str]:
    weights: NDArray[np.float64] = 1 / (np.arange(len(words)) + 30.0)
    return [words[at] for at in rng.choice(len(words), count, p=weights / weights.sum()).tolist()]
