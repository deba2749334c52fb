"""Words made comparable: folded letters, one form for street words, one sound for names that sound alike."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_LETTERS: Final = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ð": "d",
        "þ": "th",
        "ħ": "h",
    }
    | dict.fromkeys("'`\N{RIGHT SINGLE QUOTATION MARK}\N{LEFT SINGLE QUOTATION MARK}\N{ACUTE ACCENT}", "")
)
_NOT_ALNUM: Final = re.compile(r"[^a-z0-9]+")
# The same for plain letters, by table: a sheet's import folds half a million texts.
_PLAIN: Final = {code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)} | {
    ord("'"): None,
    ord("`"): None,
}


def _table(text: str) -> dict[str, str]:
    """Return ``one other, one other`` as a mapping; an underscore stands for a space."""
    pairs = (pair.split() for pair in text.split(","))
    return {one.replace("_", " "): other for one, other in pairs}


# The form a sheet's addresses are kept in. A query's word stands for both of its forms.
STREET_FORMS: Final = _table(
    """
    alley aly, avenue ave, av ave, avn ave, bend bnd, boulevard blvd, boul blvd, branch br, bridge brg, brook brk,
    bypass byp, canyon cyn, center ctr, centre ctr, circle cir, circ cir, court ct, crt ct, cove cv, creek crk,
    crescent cres, crossing xing, drive dr, drv dr, estates ests, expressway expy, extension ext, fort ft, freeway
    fwy, garden gdn, gardens gdns, grove grv, harbor hbr, heights hts, highway hwy, hiway hwy, hill hl, hills hls,
    hollow holw, island is, junction jct, knoll knl, lake lk, lane ln, landing lndg, loop lp, meadow mdw, meadows
    mdws, mount mt, mountain mtn, orchard orch, park pk, parkway pkwy, pkway pkwy, place pl, plaza plz, point pt,
    ranch rnch, ridge rdg, river riv, road rd, route rte, saint st, shore shr, spring spg, springs spgs, square sq,
    station sta, street st, str st, summit smt, terrace ter, terr ter, trail trl, turnpike tpke, union un, valley
    vly, view vw, village vlg, vista vis, way wy, north n, south s, east e, west w, northeast ne, northwest nw,
    southeast se, southwest sw, first 1st, second 2nd, third 3rd, fourth 4th, fifth 5th, sixth 6th, seventh 7th,
    eighth 8th, ninth 9th, tenth 10th
    """
)
UNIT_WORDS: Final = frozenset(
    {"apt", "apartment", "unit", "suite", "ste", "no", "number", "rm", "room", "lot", "spc", "space"}
)
FILLERS: Final = frozenset(
    {
        "the",
        "at",
        "on",
        "in",
        "and",
        "of",
        "from",
        "is",
        "my",
        "name",
        "for",
        "mr",
        "mrs",
        "ms",
        "um",
        "uh",
        "like",
        "lives",
    }
)
STATES: Final = _table(
    """
    alabama al, alaska ak, arizona az, arkansas ar, california ca, colorado co, connecticut ct, delaware de,
    district_of_columbia dc, florida fl, georgia ga, hawaii hi, idaho id, illinois il, indiana in, iowa ia, kansas
    ks, kentucky ky, louisiana la, maine me, maryland md, massachusetts ma, michigan mi, minnesota mn, mississippi
    ms, missouri mo, montana mt, nebraska ne, nevada nv, new_hampshire nh, new_jersey nj, new_mexico nm, new_york
    ny, north_carolina nc, north_dakota nd, ohio oh, oklahoma ok, oregon or, pennsylvania pa, puerto_rico pr,
    rhode_island ri, south_carolina sc, south_dakota sd, tennessee tn, texas tx, utah ut, vermont vt, virginia va,
    washington wa, west_virginia wv, wisconsin wi, wyoming wy, guam gu, virgin_islands vi
    """
)


def fold(text: str) -> str:
    """Return ``text`` in plain lower-case letters and digits, words parted by single spaces."""
    if text.isascii():
        return " ".join(text.translate(_PLAIN).split())
    parted = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    bare = "".join(c for c in parted if not unicodedata.combining(c)).translate(_LETTERS)
    return _NOT_ALNUM.sub(" ", bare).strip()


def street_words(text: str) -> list[str]:
    """Return an address line's words in the form they are kept in, unit words left out."""
    return [STREET_FORMS.get(word, word) for word in fold(text).split() if word not in UNIT_WORDS]


_SOUNDS: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"^(kn|gn|pn)", "n"),
        (r"^wr", "r"),
        (r"^x", "s"),
        (r"^mc|^mac(?=[^aeiouy])", "mk"),
        (r"szcz|shch|sch|tch|cz|sz|sh|ch", "x"),
        (r"ph", "f"),
        (r"gh|h(?![aeiou])|(?<=[bcdgklmnprt])h", ""),
        (r"ck|cq|q|c(?=[^eiy]|$)|x(?=$)", "k"),
        (r"c(?=[eiy])|z", "s"),
        (r"dg(?=[eiy])|g(?=[eiy])", "j"),
        (r"v|w(?=[aeiou])", "f"),
        (r"ll(?=[aeo])", "l"),
        (r"d", "t"),
        (r"b", "p"),
        (r"g", "k"),
        (r"[wy](?![aeiou])", ""),
        (r"y", "i"),
        (r"(.)\1+", r"\1"),
    )
)
_VOWELS: Final = re.compile(r"[aeiou]+")


def sound(word: str) -> str:
    """Return a key that words which sound alike share: consonants in classes, and a vowel at the start."""
    heard = word
    for pattern, replacement in _SOUNDS:
        heard = pattern.sub(replacement, heard)
    start = "a" if heard[:1] and heard[0] in "aeiou" else ""
    return start + re.sub(r"(.)\1+", r"\1", _VOWELS.sub("", heard))
