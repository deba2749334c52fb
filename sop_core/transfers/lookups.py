"""Phones, project ids and e-mails as an agent types them: exactly, by their last digits, or with one slip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sop_core.transfers import snapshot as shots

if TYPE_CHECKING:
    from collections.abc import Iterator

Direct = dict[int, tuple[float, str]]
"""Projects by position, each with how well it fits and why."""

# Below what counts as sure: a number that is not the one that was said is for the agent to confirm.
SWAPPED: Final = 0.83
# One digit that differs is half of a house number of two and little of a longer one.
SLIP: Final = 1.2
MOST_WITH_SLIP: Final = 0.78
MOST_OF_ONE_NUMBER: Final = 500


class Lookups:
    """What stands in the sheet once, or nearly: looked up, not compared."""

    def __init__(self, snapshot: shots.Snapshot) -> None:
        self._numbers = snapshot.numbers

    def email(self, text: str) -> Direct:
        """Return the projects with this e-mail."""
        return self._lookup("emails", [shots.digest(text.casefold())], 1.0, "email")

    def phone(self, number: str) -> Direct:
        """Return the projects with this phone of seven or ten digits, or one a slip away."""
        seven = [int(number[-7:])]
        ending = f"phone ends {number[-7:-4]}-{number[-4:]}"
        if len(number) == 7:  # noqa: PLR2004
            return self._lookup("seven", seven, 0.97, ending)
        swapped = [int(variant) for variant in swaps(number)]
        slips = [int(v) for v, _ in misheard_digits(number) if len(v) == len(number)]
        # Another area code is another phone: worth a look, no match.
        return (
            self._lookup("phones", [int(number)], 1.0, "phone")
            or self._lookup("phones", swapped, SWAPPED, "phone with digits swapped")
            or self._lookup("phones", slips, 0.72, "one digit of the phone differs")
            or self._lookup("seven", seven, 0.62, f"{ending}, other area code")
        )

    def ids(self, words: list[str], at: int) -> tuple[int, Direct]:
        """Return how many words from ``at`` are a project id, and whose it is; one and nothing if there is none."""
        for used in (4, 3, 2, 1):
            part = words[at : at + used]
            form = shots.id_form("".join(part))
            if len(part) < used or not any(c.isdigit() for c in form) or len(form) < 3:  # noqa: PLR2004
                continue
            found = self._lookup("ids", [shots.digest(form)], 1.0, "project id")
            if not found and used <= 2 and not form.isdigit():  # noqa: PLR2004
                slips = [shots.digest(variant) for variant in swaps(form)]
                found = self._lookup("ids", slips, SWAPPED, "project id with digits swapped")
            if found:
                return used, found
        return 1, {}

    def digits(self, number: str, *, is_begun: bool) -> Direct:
        """Return whom a run of digits points at; ``is_begun``: more digits may follow."""
        found: Direct = {}
        size = len(number)
        if size in (7, 10, 11):
            found |= self.phone(number[-10:])
        if size == 4:  # noqa: PLR2004
            found |= self._lookup("four", [int(number)], 0.9, f"phone ends {number}")
        if 3 <= size <= shots.MAX_DIGITS:  # noqa: PLR2004
            swapped = [int(variant) for variant in swaps(number)] if size > 4 else []  # noqa: PLR2004
            found |= self._lookup("digits", swapped, SWAPPED, "project id with digits swapped")
            found |= self._lookup("digits", [int(number)], 0.99, "project id")
        if is_begun and 3 <= size < 10 and not found:  # noqa: PLR2004
            found |= self._started(number)
        return found

    def _started(self, number: str) -> Direct:
        found: Direct = {}
        for kind, longest, why in (("digits", 9, "start of project id"), ("phones", 10, "start of phone")):
            for size in range(10 if kind == "phones" else len(number) + 1, longest + 1):
                scale = 10 ** (size - len(number))
                low = int(number) * scale
                found |= self._range(kind, low, low + scale, 0.8, why)
        return found

    def _lookup(self, kind: str, numbers: list[int], score: float, why: str) -> Direct:
        found: Direct = {}
        for number in numbers:
            found |= self._range(kind, number, number + 1, score, why)
        return found

    def _range(self, kind: str, low: int, high: int, score: float, why: str) -> Direct:
        numbers, positions = self._numbers[kind]
        first, last = np.searchsorted(numbers, [low, high])
        return dict.fromkeys(positions[first : min(last, first + MOST_OF_ONE_NUMBER)].tolist(), (score, why))


def swaps(text: str) -> list[str]:
    """Return ``text`` with two neighbouring digits swapped, in every way."""
    return [
        text[:i] + text[i + 1] + text[i] + text[i + 2 :]
        for i in range(len(text) - 1)
        if text[i] != text[i + 1] and text[i].isdigit() and text[i + 1].isdigit()
    ]


def misheard_digits(number: str) -> Iterator[tuple[str, float]]:
    """Yield a number with one slip, in every way, with how much like it that is."""
    for variant in swaps(number):
        yield variant, 0.88
    slip, longer = (min(MOST_WITH_SLIP, 1 - SLIP / size) for size in (len(number), len(number) + 1))
    for i in range(len(number)):
        yield number[:i] + number[i + 1 :], slip
        for digit in "0123456789":
            yield number[:i] + digit + number[i + 1 :], slip
    for i in range(len(number) + 1):
        for digit in "0123456789":
            yield number[:i] + digit + number[i:], longer
