"""What a project is known by within its sheet: its id where one row alone has it, and whether the id can be right."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from sop_core.transfers.words import fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LONGEST_KEY: Final = 80
COMMON_SHAPE: Final = 0.9
ENOUGH_IDS: Final = 20
COMMON_FORM: Final = 0.75
ENOUGH_FORMS: Final = 4
_NO_ID: Final = re.compile(r"[^\w\n]|_")


def odd_ids(ids: Sequence[str | None]) -> Iterator[int]:
    """Yield the places of ids without a digit, and of ids that are not written as nearly all others are."""
    shapes = _lines(_joined(ids).translate(_SHAPES), ids)
    counted = Counter(shape for shape in shapes if shape)
    forms: Counter[str] = Counter()
    for shape, count in counted.items():
        forms[_form(shape)] += count
    # Where the ids are all of one length, another length is odd; else only letters and signs in other places are.
    usual = _usual(counted, share=COMMON_SHAPE, enough=ENOUGH_IDS)
    form = _usual(forms, share=COMMON_FORM, enough=ENOUGH_FORMS)
    odd = {
        shape for shape in counted if "9" not in shape or (usual and shape != usual) or (form and _form(shape) != form)
    }
    return (at for at, shape in enumerate(shapes) if shape in odd)


def conflicts(ids: Sequence[str | None]) -> set[int]:
    """Return the places of ids that stand in several rows, however they are written."""
    forms = _lines(_NO_ID.sub("", _joined(ids)), ids)
    bearers = Counter(form for form, project_id in zip(forms, ids, strict=True) if project_id)
    return {
        at for at, (form, project_id) in enumerate(zip(forms, ids, strict=True)) if project_id and bearers[form] > 1
    }


def key_of(row: int, project_id: str | None, *, conflict: bool) -> str | None:
    """Return the key of a project with an id: the id where one project has it, else one made unique by row."""
    if not project_id:
        return None
    return f"{project_id[:LONGEST_KEY]}#{row}" if conflict or len(project_id) > LONGEST_KEY else project_id


def content_key(said: Mapping[str, str | None]) -> str:
    """Return the key of a project without an id."""
    # Not the row number: it would make a project new whenever a line is put in above it.
    content = "|".join(fold(said[field] or "") for field in ("homeowner", "address", "city"))
    return f"~{hashlib.sha256(content.encode()).hexdigest()[:12]}"


def _joined(ids: Sequence[str | None]) -> str:
    # All ids as one text: a hundred thousand small steps become one. A clean text has no line breaks of its own.
    return "\n".join(project_id or "" for project_id in ids)


def _lines(joined: str, ids: Sequence[str | None]) -> list[str]:
    return joined.split("\n") if ids else []


def _usual(counted: Counter[str], *, share: float, enough: int) -> str | None:
    """Return what nearly all are like, where there are enough of them to say so."""
    common, count = counted.most_common(1)[0] if counted else ("", 0)
    return common if count >= enough and count >= share * counted.total() else None


class _Shape(dict[int, str]):
    def __missing__(self, code: int) -> str:
        letter = chr(code)
        self[code] = made = "9" if letter.isdigit() else "A" if letter.isalpha() else letter
        return made


_SHAPES: Final = _Shape()


def _form(shape: str) -> str:
    return re.sub(r"A+", "A", re.sub(r"9+", "9", shape))
