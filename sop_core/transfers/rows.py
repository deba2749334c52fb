"""Rows checked a block at a time, column by column: what is clean, as nearly everything is, costs next to nothing."""

from __future__ import annotations

import re
from functools import lru_cache, partial
from itertools import compress
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sop_core.transfers import cells
from sop_core.transfers.columns import Columns  # noqa: TC001 - msgspec reads the annotation
from sop_core.transfers.installers import installer, nearest
from sop_core.transfers.marks import Marks  # noqa: TC001 - same
from sop_core.transfers.problems import Problem, rejection, warning
from sop_core.transfers.project import Project
from sop_core.transfers.words import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sop_core.transfers.cells import Cell

    Texts = dict[str, list[str | None]]
    """The clean texts of a block by field, one for each row."""
    Content = tuple[str | None, ...]

LONGEST_TEXT: Final = 500
WIDE: Final = 2
CONTENT: Final = Project.__struct_fields__[2:-1]
"""The fields that a row itself says: all but key and row, which stand first, and the conflict with other rows."""
_FINDABLE: Final = ("project_id", "homeowner", "address")
_MISSING: Final = (("project_id", "missing_id"), ("homeowner", "missing_name"), ("address", "missing_address"))
_COMMON: Final = frozenset(
    {"city", "state", "zip", "original_ip", "transferred_to", "transfer_date", "status", "milestone", "program"}
)
_LOOKED_AT: Final = ("original_ip", "transferred_to", "status", "project_id")
_EXCLUDED: Final = re.compile(r"(?:ip )?(?:shield|harness)\b")
_EXCLUDED_BEGINS: Final = frozenset({"sh", "ha", "ip"})
_PROGRAM: Final = re.compile(r"\b(?:shield|harness)\b")
_PROGRAM_ALONE: Final = re.compile(
    r"\s*(?:ip\b\s*-?\s*)?(?:shield|harness)(?:\s+(?:jobs?|projects?|program|homes?|energy|solar))?\s*", re.IGNORECASE
)
_PROGRAM_BEGINS: Final = frozenset("sShHiI ")
_TOTAL: Final = re.compile(r"(?:grand |sub ?)?totals?\b|count\b|subtotal\b|sum\b|average\b")
_SECTION: Final = re.compile(r"[^\W\d_]{4,}\s|\s[^\W\d_]{4,}")


class Tab(msgspec.Struct, frozen=True, kw_only=True):
    """What the header and the marks of a tab say of its rows."""

    columns: Columns
    names: frozenset[str]
    unmapped: tuple[int, ...]
    marks: Marks
    merged_across: frozenset[int]
    from_1904: bool


class Checked(msgspec.Struct, frozen=True):
    """The rows taken, by Excel's number and what they say (:data:`CONTENT`), those that are not, and warnings."""

    numbers: list[int]
    contents: list[Content]
    rejected: list[Problem]
    warnings: list[Problem]


def tab_of(columns: Columns, marks: Marks, *, from_1904: bool) -> Tab:
    """Return what is known of a tab before its rows are read."""
    used = {*columns.at.values(), columns.last_name}
    width = max((len(line) for line in columns.lines), default=0)
    return Tab(
        columns=columns,
        names=frozenset(columns.names),
        unmapped=tuple(at for at in range(width) if at not in used),
        marks=marks,
        merged_across=frozenset(top for top, first, _, last in marks.merged if last - first >= WIDE),
        from_1904=from_1904,
    )


def is_blank(row: Sequence[Cell]) -> bool:
    """Say whether a row holds nothing but spaces."""
    for cell in row:  # noqa: SIM110 - nearly every row ends this at its first cell, before a generator is made
        if cell is not None and (not isinstance(cell, str) or cell.strip()):
            return False
    return True


def check(first: int, rows: Sequence[Sequence[Cell]], tab: Tab) -> Checked:
    """Check a block of rows, the first of which has Excel's number ``first``; blank ones are nothing."""
    filled = [(number, row) for number, row in enumerate(rows, first) if not is_blank(row)]
    numbers = [number for number, _ in filled]
    rows = [row for _, row in filled]
    columns = _columns(rows)
    raw = {field: _column(columns, at, len(rows)) for field, at in tab.columns.at.items()}
    texts = {field: cells.texts_of(column, common=field in _COMMON) for field, column in raw.items()}
    if tab.columns.last_name is not None:
        last_names = cells.texts_of(_column(columns, tab.columns.last_name, len(rows)))
        pairs = zip(texts["homeowner"], last_names, strict=True)
        texts["homeowner"] = [" ".join(part for part in pair if part) or None for pair in pairs]
    refused = _refused(numbers, rows, texts, _excluded(texts, columns, tab), tab)
    rejected = [rejection(numbers[at], kind) for at, kind in refused.items()]
    if refused:
        kept = [at not in refused for at in range(len(rows))]
        numbers = list(compress(numbers, kept))
        raw = {field: list(compress(column, kept)) for field, column in raw.items()}
        texts = {field: list(compress(column, kept)) for field, column in texts.items()}
    warnings = [*_marked(numbers, texts, tab), *_cut(numbers, texts), *_doubts(numbers, raw, texts)]
    contents, unread = _contents(numbers, texts, tab)
    return Checked(numbers, contents, rejected, [*warnings, *unread])


def _columns(rows: Sequence[Sequence[Cell]]) -> list[Sequence[Cell]]:
    widths = set(map(len, rows))
    if len(widths) > 1:
        rows = [(*row, *[None] * (max(widths) - len(row))) for row in rows]
    return list(zip(*rows, strict=True))


def _column(columns: Sequence[Sequence[Cell]], at: int, rows: int) -> Sequence[Cell]:
    return columns[at] if at < len(columns) else [None] * rows


def _excluded(texts: Texts, columns: Sequence[Sequence[Cell]], tab: Tab) -> set[int]:
    """Return which rows are Shield's or Harness's, told by their installers, status, id, program or a column beside."""
    found: set[int] = set()
    for field in _LOOKED_AT:
        column = enumerate(texts.get(field, ()))
        found.update(at for at, t in column if t and t[:2].lower() in _EXCLUDED_BEGINS and _is_excluded(t))
    found.update(at for at, t in enumerate(texts.get("program", ())) if t and _is_program(t))
    for place in tab.unmapped:
        beside = enumerate(columns[place] if place < len(columns) else ())
        found.update(
            at for at, c in beside if isinstance(c, str) and c[:1] in _PROGRAM_BEGINS and _PROGRAM_ALONE.fullmatch(c)
        )
    return found


@lru_cache(maxsize=4096)
def _is_excluded(text: str) -> bool:
    return bool(_EXCLUDED.match(fold(text)))


@lru_cache(maxsize=4096)
def _is_program(text: str) -> bool:
    return bool(_PROGRAM.search(fold(text)))


def _refused(
    numbers: Sequence[int], rows: Sequence[Sequence[Cell]], texts: Texts, excluded: set[int], tab: Tab
) -> dict[int, str]:
    """Return which rows are not taken, and the kind of problem each is."""
    found: dict[int, str] = {}
    for at, told in enumerate(zip(*(texts[field] for field in _FINDABLE), strict=True)):
        # Only a row that misses one of the three, or begins like the header, can be another thing than a project.
        is_odd = None in told or told[0] in tab.names
        if is_odd and _is_no_project(numbers[at], rows[at], told, tab):
            found[at] = "not_a_project"
        elif at in excluded:
            found[at] = "excluded_job"
        elif is_odd and not any(told):
            found[at] = "not_findable"
    return found


def _is_no_project(number: int, row: Sequence[Cell], told: Sequence[str | None], tab: Tab) -> bool:
    marked, name, address = told
    label = marked or name or address
    if label is None:
        return False
    if label in tab.names and tab.columns.is_header([cells.text_of(cell) for cell in row]):
        return True
    if name and address:
        return False
    if _TOTAL.match(fold(label)):
        return True
    if sum(cells.text_of(cell) is not None for cell in row) > 1:
        return False
    # A line above a group of rows stands alone: across several columns, or in the first and not as an id is written.
    is_word = bool(marked) and (not any(c.isdigit() for c in label) or bool(_SECTION.search(label)))
    return is_word or number in tab.merged_across


def _marked(numbers: Sequence[int], texts: Texts, tab: Tab) -> Iterator[Problem]:
    marks, at = tab.marks, tab.columns.at
    if not (marks.hidden_rows or marks.struck or marks.uncalculated):
        return
    for place, number in enumerate(numbers):
        if number in marks.hidden_rows:
            yield warning(number, "hidden_row")
        if any((number, at[field]) in marks.struck for field in _FINDABLE if texts[field][place]):
            yield warning(number, "struck_through")
        for field, column in at.items():
            if (number, column) in marks.uncalculated and not texts[field][place]:
                yield warning(number, "uncalculated", field)


def _cut(numbers: Sequence[int], texts: Texts) -> list[Problem]:
    """Cut what no cell of a transfer sheet has a reason to hold."""
    problems: list[Problem] = []
    for field, column in texts.items():
        if max(map(len, filter(None, column)), default=0) > LONGEST_TEXT:
            long = [at for at, text in enumerate(column) if text and len(text) > LONGEST_TEXT]
            texts[field] = [text and text[:LONGEST_TEXT] for text in column]
            problems += _warn(numbers, "too_long", field, long)
    return problems


def _doubts(numbers: Sequence[int], raw: dict[str, Sequence[Cell]], texts: Texts) -> Iterator[Problem]:
    for field, column in texts.items():
        given = raw[field]
        errors = (at for at, text in enumerate(column) if text is None and given[at] and cells.is_error(given[at]))
        yield from _warn(numbers, "error_value", field, errors)
    for field, kind in _MISSING:
        yield from _warn(numbers, kind, field, (at for at, text in enumerate(texts[field]) if text is None))
    damaged = (at for at, cell in enumerate(raw["project_id"]) if cells.is_damaged_id(cell))
    yield from _warn(numbers, "malformed_id", "project_id", damaged)


def _warn(numbers: Sequence[int], kind: str, field: str, places: Iterable[int]) -> Iterator[Problem]:
    return (warning(numbers[at], kind, field) for at in places)


def _contents(numbers: Sequence[int], texts: Texts, tab: Tab) -> tuple[list[Content], list[Problem]]:
    """Return what each row says, in the order of :data:`CONTENT`, with a warning for each cell that says nothing."""
    nothing: list[Any] = [None] * len(numbers)
    values: dict[str, list[Any]] = {**texts, "project_id": list(map(cells.project_id_in, texts["project_id"]))}
    values["installer"] = list(
        map(installer, *(texts.get(field, nothing) for field in ("original_ip", "transferred_to", "status")))
    )
    problems = [
        _unknown_installer(numbers[at], texts["transferred_to"][at])
        for at, answer in enumerate(values["installer"])
        if answer == "unlisted"
    ]
    parsed: tuple[tuple[str, Callable[[str | None], str | None], str], ...] = (
        ("state", cells.state_in, "bad_state"),
        ("zip", cells.zip_in, "bad_zip"),
        ("phone", cells.phone_in, "bad_phone"),
        ("email", cells.email_in, "bad_email"),
        ("transfer_date", partial(cells.date_in, from_1904=tab.from_1904), "bad_date"),
    )
    for field, parse, kind in parsed:
        if field not in texts:
            continue
        values[field] = list(map(parse, texts[field]))
        if values[field].count(None) == texts[field].count(None):
            continue
        pairs = enumerate(zip(texts[field], values[field], strict=True))
        problems += _warn(numbers, kind, field, (at for at, (text, value) in pairs if value is None and text))
    contents = list(zip(*(values.get(field, nothing) for field in CONTENT), strict=True))
    return contents, problems


def _unknown_installer(number: int, name: str | None) -> Problem:
    known = nearest(name or "")
    return warning(number, "unknown_installer", "transferred_to", more=f"; nearest: {known}" if known else "")
