"""One cell made comparable: text cleaned, numbers and dates as a person means them."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast

from sop_core.transfers.words import STATES, fold

if TYPE_CHECKING:
    from collections.abc import Sequence

# Dates and times arrive as ISO text: the reader has resolved what Excel keeps as formatted numbers.
Cell = str | int | float | bool | None

ERRORS: Final = frozenset(
    {"#n/a", "#ref!", "#value!", "#name?", "#div/0!", "#null!", "#num!", "#spill!", "#calc!", "#getting_data"}
)
# Minus, hyphens and dashes that people and Excel put for each other.
NOTHING: Final = frozenset(
    {"", "-", "--", "\N{EM DASH}", "\N{EN DASH}", ".", "?", "n/a", "na", "n.a."}
    | {"none", "null", "nil", "tbd", "unknown", "(blank)"}
)
_INVISIBLE: Final = dict.fromkeys(
    [0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD, 0x200E, 0x200F, *range(0x202A, 0x202F)]
)
_BREAKS: Final = re.compile(r"_x000[dD]_|\x00")
_EMPTY: Final = NOTHING | ERRORS
LONGEST_NOTHING: Final = max(map(len, _EMPTY))
_DASHES: Final = re.compile(r"\s*[-\u2010-\u2015\u2212]\s*")
_PHONE: Final = re.compile(r"(?<!\d)(?:\+?1[\s.\-]*)?\(?([2-9]\d{2})\)?[\s.\-/]*(\d{3})[\s.\-]*(\d{4})(?!\d)")
_EMAIL: Final = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;.]{2,}")
_SCIENTIFIC: Final = re.compile(r"\d(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)
_BEGINS_NUMBER: Final = frozenset("0123456789 ")
EXACT_DIGITS: Final = 15


def is_error(cell: Cell) -> bool:
    """Say whether the cell holds one of Excel's errors."""
    return isinstance(cell, str) and cell[:1] == "#" and cell.strip().casefold() in ERRORS


def text_of(cell: Cell) -> str | None:
    """Return the cell as clean text: one line, no invisible characters, ``None`` where it says nothing."""
    if isinstance(cell, str):
        return _clean(cell)
    if cell is None:
        return None
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    return str(int(cell)) if float(cell).is_integer() else repr(cell)


def _clean(text: str) -> str | None:
    composed = text if text.isascii() else unicodedata.normalize("NFC", text.translate(_INVISIBLE))
    if "_x000" in composed or "\x00" in composed:
        composed = _BREAKS.sub(" ", composed)
    line = " ".join(composed.split())
    return None if len(line) <= LONGEST_NOTHING and line.casefold() in _EMPTY else line


def texts_of(column: Sequence[Cell], *, common: bool = False) -> list[str | None]:
    """Return :func:`text_of` of every cell of a column; ``common``: the column says the same few things over and over.

    One look at the whole column tells whether its texts are clean already, as nearly all are.
    """
    if set(map(type, column)) == {str}:
        texts = cast("Sequence[str]", column)
        joined = _BETWEEN.join(texts)
        if _is_clean(joined):
            if _EMPTY.isdisjoint(joined.casefold().split(_BETWEEN)):
                return list(texts)
            return [None if len(text) <= LONGEST_NOTHING and text.casefold() in _EMPTY else text for text in texts]
    return list(map(_common_text_of if common else text_of, column))


_BETWEEN: Final = "|"
_SPACES: Final = ("  ", f" {_BETWEEN}", f"{_BETWEEN} ")


def _is_clean(joined: str) -> bool:
    """Say whether texts need no cleaning: composed, single spaces and none at an end, nothing else that is not seen."""
    return (
        joined.isprintable()
        and unicodedata.is_normalized("NFC", joined)
        and joined[:1] != " " != joined[-1:]
        and not any(spaces in joined for spaces in _SPACES)
        and "_x000" not in joined
    )


_common_text_of = lru_cache(maxsize=16384, typed=True)(text_of)


def project_id_in(text: str | None) -> str | None:
    """Return the project id that a clean text is, in capitals, dashes plain."""
    return _plain_dashes(text).upper() if text else None


def _plain_dashes(text: str) -> str:
    return text if text.isascii() and " " not in text else _DASHES.sub("-", text)


def is_damaged_id(cell: Cell) -> bool:
    """Say whether Excel took digits from the id: it was stored as a number too long, or shown in powers of ten."""
    if isinstance(cell, str):
        return cell[:1] in _BEGINS_NUMBER and bool(_SCIENTIFIC.fullmatch(cell.strip()))
    return isinstance(cell, (int, float)) and (abs(cell) >= 10**EXACT_DIGITS or not float(cell).is_integer())


@lru_cache(maxsize=16384)
def zip_in(text: str | None) -> str | None:
    """Return the five digits of the ZIP that a clean text is, the zeros that Excel took put back."""
    if not text:
        return None
    first, _, rest = text.replace(" ", "-").partition("-")
    if not first.isascii() or not first.isdigit() or (rest and not rest.isdigit()):
        return None
    if len(first) in (8, 9) and not rest:
        first = first.zfill(9)[:5]
    return first.zfill(5) if 3 <= len(first) <= 5 else None  # noqa: PLR2004  (00501 is the lowest ZIP)


def phone_of(cell: Cell) -> str | None:
    """Return the ten digits of the first US phone number in the cell."""
    return phone_in(text_of(cell))


def phone_in(text: str | None) -> str | None:
    """Return the ten digits of the first US phone number in a clean text."""
    if not text:
        return None
    found = _PHONE.search(text if text.isascii() else _plain_dashes(text))
    return "".join(found.groups()) if found else None


def email_of(cell: Cell) -> str | None:
    """Return the first e-mail address in the cell, in small letters."""
    return email_in(text_of(cell))


def email_in(text: str | None) -> str | None:
    """Return the first e-mail address in a clean text, in small letters."""
    found = _EMAIL.search(text.removeprefix("mailto:")) if text else None
    return found[0].casefold() if found else None


@lru_cache(maxsize=1024)
def state_in(text: str | None) -> str | None:
    """Return the two-letter code of a US state that a clean text gives by code or name."""
    folded = fold(text or "")
    code = STATES.get(folded, folded.replace(" ", ""))
    return code.upper() if code in _CODES else None


_CODES: Final = frozenset(STATES.values())
_MONTHS: Final = {
    month: at // 3 + 1 for at in range(0, 36, 3) if (month := "janfebmaraprmayjunjulaugsepoctnovdec"[at : at + 3])
}
_YEAR_FIRST: Final = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?")
_MONTH_FIRST: Final = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?:[T ].*)?")
_MONTH_NAMED: Final = re.compile(
    r"(?:\w+day,?\s+|(?:mon|tue|wed|thu|fri|sat|sun)\w{0,2}\.?,?\s+)?([A-Za-z]{3,9})\.?[\s-]+(\d{1,2})(?:st|nd|rd|th)?,?[\s-]+(\d{4})",
    re.IGNORECASE,
)
_DAY_NAMED: Final = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[\s-]+([A-Za-z]{3,9})\.?,?[\s-]+(\d{4}|\d{2})")
_COMPACT: Final = re.compile(r"(\d{4})(\d\d)(\d\d)")
_SERIAL: Final = re.compile(r"\d{5}(?:\.\d+)?")
FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2059
_EPOCHS: Final = {False: date(1899, 12, 30), True: date(1904, 1, 1)}


@lru_cache(maxsize=16384)
def date_in(clean: str | None, *, from_1904: bool = False) -> str | None:
    """Return the ISO date that a clean text is: a date, words (month first, as in the US) or a serial number."""
    if not clean:
        return None
    text = _plain_dashes(clean)
    if _SERIAL.fullmatch(text):
        found: date | None = _EPOCHS[from_1904] + timedelta(days=int(float(text)))
    else:
        found = _written_date(text)
    return found.isoformat() if found and FIRST_YEAR <= found.year <= LAST_YEAR else None


def _written_date(text: str) -> date | None:
    if parts := _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text):
        return _date(int(parts[1]), int(parts[2]), int(parts[3]))
    if parts := _MONTH_FIRST.fullmatch(text):
        first, second = int(parts[1]), int(parts[2])
        month, day = (second, first) if first > 12 else (first, second)  # noqa: PLR2004
        return _date(_year(parts[3]), month, day)
    if parts := _MONTH_NAMED.fullmatch(text):
        return _date(int(parts[3]), _MONTHS.get(parts[1][:3].lower(), 0), int(parts[2]))
    if parts := _DAY_NAMED.fullmatch(text):
        return _date(_year(parts[3]), _MONTHS.get(parts[2][:3].lower(), 0), int(parts[1]))
    return None


def _year(digits: str) -> int:
    return int(digits) if len(digits) > 2 else 2000 + int(digits)  # noqa: PLR2004


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
