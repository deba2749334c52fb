"""What an agent types after hearing it once: seeded queries for projects, each with one kind of noise."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from sop_core.transfers.nicknames import RELATIVES
from sop_core.transfers.words import STREET_FORMS, fold

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sop_core.transfers.project import Project

KEYS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
# Spellings that sound alike, to be put one for the other.
ALIKE: Final = (
    ("ph", "f"),
    ("ck", "k"),
    ("c", "k"),
    ("ee", "ea"),
    ("ie", "y"),
    ("i", "y"),
    ("s", "z"),
    ("ai", "ay"),
    ("ou", "ow"),
    ("tt", "t"),
    ("ll", "l"),
    ("nn", "n"),
    ("rr", "r"),
    ("ss", "s"),
    ("sch", "sh"),
    ("cz", "ch"),
    ("qu", "kw"),
    ("x", "ks"),
    ("v", "w"),
    ("er", "ar"),
    ("son", "sen"),
    ("d", "t"),
    ("b", "p"),
    ("m", "n"),
)


class Query(NamedTuple):
    """A query, the project that was meant, and the kind of noise in it."""

    kind: str
    text: str
    meant: Project


def queries(projects: Sequence[Project], *, seed: int, count: int) -> list[Query]:
    """Return ``count`` queries, every kind as often."""
    rng = random.Random(seed)  # noqa: S311 - noise, not secrets
    kinds = list(KINDS.items())
    made: list[Query] = []
    while len(made) < count:
        kind, make = kinds[len(made) % len(kinds)]
        project = rng.choice(projects)
        if text := make(rng, project):
            made.append(Query(kind, text, project))
    return made


def fits(query: Query, found: Project) -> bool:
    """Say whether a found project is the one meant, or one that the query cannot tell from it."""
    if found.key == query.meant.key:
        return True
    if query.kind.startswith("name only"):
        return _bare_name(found) == _bare_name(query.meant)
    if query.kind.startswith("address"):
        return fold(found.address or "") == fold(query.meant.address or "")
    return False


def meant(asked: Sequence[Query], projects: Sequence[Project]) -> list[frozenset[str]]:
    """Return for each query the keys of the projects that it may mean: as :func:`fits` says, asked once a project."""
    known: dict[str, dict[str, set[str]]] = {
        "name only": {_bare_name(query.meant): set() for query in asked},
        "address": {fold(query.meant.address or ""): set() for query in asked},
    }
    for project in projects:
        for kind, form in (("name only", _bare_name(project)), ("address", fold(project.address or ""))):
            if form in known[kind]:
                known[kind][form].add(project.key)
    found = []
    for query in asked:
        of = next((kind for kind in known if query.kind.startswith(kind)), None)
        form = _bare_name(query.meant) if of == "name only" else fold(query.meant.address or "")
        found.append(frozenset(known[of][form] if of else {query.meant.key}))
    return found


def _bare_name(project: Project) -> str:
    words = fold(project.homeowner or "").split()
    return " ".join(word for word in words if len(word) > 1)


def typed(rng: random.Random, word: str) -> str:
    """Return a word with one slip of the keyboard: a neighbour, a letter lost, doubled or swapped."""
    if len(word) < 4:
        return word
    at = rng.randrange(1, len(word) - 1)
    match rng.randrange(4):
        case 0:
            return word[:at] + _neighbour(rng, word[at]) + word[at + 1 :]
        case 1:
            return word[:at] + word[at + 1 :]
        case 2:
            return word[:at] + word[at] + word[at:]
        case _:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _neighbour(rng: random.Random, letter: str) -> str:
    row = next((row for row in KEYS if letter in row), letter)
    at = row.index(letter)
    return rng.choice([row[i] for i in (at - 1, at + 1) if 0 <= i < len(row)] or [letter])


def misheard(rng: random.Random, word: str) -> str:
    """Return a word spelt as it sounds to someone who has not seen it."""
    choices = [(one, other) for pair in ALIKE for one, other in (pair, pair[::-1]) if one in word[1:]]
    if not choices:
        return typed(rng, word)
    one, other = rng.choice(choices)
    return word[0] + word[1:].replace(one, other, 1)


def _name(project: Project) -> list[str]:
    return (project.homeowner or "").lower().split()


def _one_word(rng: random.Random, words: list[str], change: Callable[[random.Random, str], str]) -> str:
    at = max(rng.sample(range(len(words)), len(words)), key=lambda i: len(words[i]) > 3)
    return " ".join(change(rng, word) if i == at else word for i, word in enumerate(words))


def _street(rng: random.Random, project: Project) -> str:
    words = [word for word in re.split(r"[\s#]+", (project.address or "").lower()) if word]
    shown = []
    for word in words:
        longs = [long for long, short in STREET_FORMS.items() if short == word]
        forms = [word, STREET_FORMS.get(word, word), *longs[:1]]
        shown.append(rng.choice(forms))
    return " ".join(shown)


def _without_type(project: Project) -> str:
    return " ".join((project.address or "").lower().split()[:-1]) or (project.address or "")


def _nickname(rng: random.Random, project: Project) -> str | None:
    first, *rest = fold(project.homeowner or "").split()
    choices = sorted(RELATIVES.get(first, ()))
    return " ".join([rng.choice(choices), *rest]) if choices and rest else None


def _swapped_number(project: Project) -> str | None:
    number, _, street = (project.address or "").lower().partition(" ")
    if len(number) < 3 or number[1] == number[2]:
        return None
    return f"{number[0]}{number[2]}{number[1]}{number[3:]} {street}"


def _swapped_digits(rng: random.Random, text: str) -> str | None:
    places = [i for i in range(len(text) - 1) if text[i : i + 2].isdigit() and text[i] != text[i + 1]]
    if not places:
        return None
    at = rng.choice(places)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


KINDS: Final[dict[str, Callable[[random.Random, Project], str | None]]] = {
    "name only, as it is": lambda _, p: p.homeowner,
    "name only, typed": lambda r, p: _one_word(r, _name(p), typed),
    "name only, swapped": lambda _, p: ", ".join(reversed(_name(p))) if len(_name(p)) == 2 else None,
    "name misheard, city": lambda r, p: f"{_one_word(r, _name(p), misheard)} {p.city}",
    "name misheard, house number": lambda r, p: f"{_one_word(r, _name(p), misheard)} {(p.address or '').split()[0]}",
    "name typed, street": lambda r, p: f"{_one_word(r, _name(p), typed)} {_without_type(p)}",
    "nickname, city": lambda r, p: f"{name} {p.city}" if (name := _nickname(r, p)) else None,
    "surname, street": lambda _, p: f"{_name(p)[-1]} {_without_type(p)}",
    "initial, surname, city": lambda _, p: f"{_name(p)[0][0]} {_name(p)[-1]} {p.city}",
    "address, forms": _street,
    "address, typed": lambda r, p: _one_word(r, (p.address or "").lower().split(), typed),
    "address, number swapped, city": lambda _, p: f"{street} {p.city}" if (street := _swapped_number(p)) else None,
    "phone": lambda _, p: f"{p.phone[:3]}-{p.phone[3:6]}-{p.phone[6:]}" if p.phone else None,
    "phone, digits swapped": lambda r, p: _swapped_digits(r, p.phone) if p.phone else None,
    "surname, last four": lambda _, p: f"{_name(p)[-1]} {p.phone[-4:]}" if p.phone else None,
    "project id": lambda _, p: (p.project_id or "").lower().replace("-", " ") or None,
    "project id, digits swapped": lambda r, p: _swapped_digits(r, p.project_id or ""),
}
