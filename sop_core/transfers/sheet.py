"""A tab's rows become projects and problems; every row is accounted for once, and none stops the rest."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sop_core.transfers import cells
from sop_core.transfers.columns import HEADER_ROWS, Columns, find_columns
from sop_core.transfers.installers import installer, nearest
from sop_core.transfers.problems import KINDS, Problem
from sop_core.transfers.project import Project
from sop_core.transfers.words import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sop_core.transfers.cells import Cell

LONGEST_KEY: Final = 80
COMMON_SHAPE: Final = 0.9
ENOUGH_IDS: Final = 20
_EXCLUDED: Final = re.compile(r"(?:ip )?(?:shield|harness)\b")
_TOTAL: Final = re.compile(r"(?:grand |sub ?)?totals?\b|count of\b|subtotal\b")
_LOOKED_AT: Final = ("program", "original_ip", "transferred_to", "status", "project_id")


class SheetError(Exception):
    """The tab is no transfer sheet. ``message`` says what is missing, ``found`` what is there instead."""

    def __init__(self, kind: str, message: str, found: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.found = tuple(found)


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A tab that was read: ``rows`` are projects, ``merged`` and rejected rows (with one ``reject`` problem each)."""

    columns: dict[str, str]
    rows: int
    merged: int
    projects: tuple[Project, ...]
    problems: tuple[Problem, ...]

    @property
    def rejected(self) -> int:
        """How many rows were not taken."""
        return sum(problem.severity == "reject" for problem in self.problems)

    @property
    def warned(self) -> int:
        """How many projects were taken with a warning."""
        rows = {project.row for project in self.projects}
        return len({problem.row for problem in self.problems if problem.row in rows})


class _Row(msgspec.Struct):
    project: Project
    problems: list[Problem]


class _Rejected(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.kind)
        self.problem = problem


def read(rows: Sequence[Sequence[Cell]], *, from_1904: bool = False) -> Reading:
    """Return the projects and problems of a tab's rows (the first is Excel's row 1); raises :class:`SheetError`."""
    columns = find_columns(rows[:HEADER_ROWS])
    _require(columns, rows)
    taken: list[_Row] = []
    rejected: list[Problem] = []
    count = 0
    for number, row in enumerate(rows[columns.first_row :], columns.first_row + 1):
        if _is_blank(row):
            continue
        count += 1
        try:
            taken.append(_read_row(number, row, columns, from_1904=from_1904))
        except _Rejected as refusal:
            rejected.append(refusal.problem)
    kept, merged = _merge(taken)
    _doubt_odd_ids(kept)
    named = _name(kept)
    problems = [*rejected, *merged, *(problem for row in named for problem in row.problems)]
    return Reading(
        columns={field: header for field, header in columns.headers.items() if field != "program"},
        rows=count,
        merged=len(merged),
        projects=tuple(row.project for row in named),
        problems=tuple(sorted(problems, key=lambda problem: problem.row)),
    )


def _require(columns: Columns, rows: Sequence[Sequence[Cell]]) -> None:
    if not columns.missing:
        return
    found = columns.names if columns.at else _first_texts(rows)
    missing = ", ".join(columns.missing)
    noun = "column" if len(columns.missing) == 1 else "columns"
    raise SheetError("missing_columns", f"The tab All Projects has no {noun} {missing}.", found)


def _first_texts(rows: Sequence[Sequence[Cell]]) -> tuple[str, ...]:
    for row in rows[:HEADER_ROWS]:
        if texts := tuple(text for cell in row if (text := cells.text_of(cell))):
            return texts
    return ()


def _is_blank(row: Sequence[Cell]) -> bool:
    return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in row)


def _problem(row: int, kind: str, field: str | None = None, *, more: str = "") -> Problem:
    sentence = f"{KINDS[kind][0].upper()}{KINDS[kind][1:]}{more}"
    return Problem(row, "warn", kind, field, sentence if sentence.endswith(".") else f"{sentence}.")


def _reject(row: int, kind: str) -> _Rejected:
    return _Rejected(msgspec.structs.replace(_problem(row, kind), severity="reject"))


def _read_row(number: int, row: Sequence[Cell], columns: Columns, *, from_1904: bool) -> _Row:
    raw: dict[str, Cell] = {field: row[at] if at < len(row) else None for field, at in columns.at.items()}
    texts = {field: cells.text_of(cell) for field, cell in raw.items()}
    if _is_no_project(row, texts, columns):
        raise _reject(number, "not_a_project")
    if any(_is_excluded(text) for field in _LOOKED_AT if (text := texts.get(field))):
        raise _reject(number, "excluded_job")
    if not any(texts.get(field) for field in ("project_id", "homeowner", "address")):
        raise _reject(number, "not_findable")
    problems: list[Problem] = []
    project = _project(number, raw, texts, problems, from_1904=from_1904)
    return _Row(project, problems)


def _is_no_project(row: Sequence[Cell], texts: dict[str, str | None], columns: Columns) -> bool:
    marked, name, address = (texts.get(field) for field in ("project_id", "homeowner", "address"))
    label = marked or name or address
    if label is None:
        return False
    if label in columns.names and all(texts.get(field) in (None, header) for field, header in columns.headers.items()):
        return True
    if not (name and address) and _TOTAL.match(fold(label)):
        return True
    # A line above a group of rows stands alone in the first column and holds no number, as every id does.
    is_word = bool(marked) and not any(c.isdigit() for c in label)
    return is_word and sum(cells.text_of(cell) is not None for cell in row) == 1


@lru_cache(maxsize=4096)
def _is_excluded(text: str) -> bool:
    return bool(_EXCLUDED.match(fold(text)))


def _project(
    number: int, raw: dict[str, Cell], texts: dict[str, str | None], problems: list[Problem], *, from_1904: bool
) -> Project:
    def checked(field: str, value: str | None, kind: str) -> str | None:
        if value is None and texts.get(field):
            problems.append(_problem(number, kind, field))
        return value

    problems += [_problem(number, "error_value", field) for field, cell in raw.items() if cells.is_error(cell)]
    for field, kind in (("project_id", "missing_id"), ("homeowner", "missing_name"), ("address", "missing_address")):
        if not texts.get(field):
            problems.append(_problem(number, kind, field))
    if cells.is_damaged_id(raw.get("project_id")):
        problems.append(_problem(number, "malformed_id", "project_id"))
    where = installer(texts.get("original_ip"), texts.get("transferred_to"), texts.get("status"))
    if where == "unlisted":
        known = nearest(texts.get("transferred_to") or "")
        problems.append(
            _problem(number, "unknown_installer", "transferred_to", more=f"; nearest: {known}" if known else "")
        )
    return Project(
        key="",
        row=number,
        project_id=cells.project_id_of(raw.get("project_id")),
        homeowner=texts.get("homeowner"),
        co_homeowner=texts.get("co_homeowner"),
        address=texts.get("address"),
        city=texts.get("city"),
        state=checked("state", cells.state_of(raw.get("state")), "bad_state"),
        zip=checked("zip", cells.zip_of(raw.get("zip")), "bad_zip"),
        phone=checked("phone", cells.phone_of(raw.get("phone")), "bad_phone"),
        email=checked("email", cells.email_of(raw.get("email")), "bad_email"),
        original_ip=texts.get("original_ip"),
        transferred_to=texts.get("transferred_to"),
        transfer_date=checked(
            "transfer_date", cells.date_of(raw.get("transfer_date"), from_1904=from_1904), "bad_date"
        ),
        status=texts.get("status"),
        milestone=texts.get("milestone"),
        installer=where,
    )


def _merge(rows: Iterable[_Row]) -> tuple[list[_Row], list[Problem]]:
    first: dict[tuple[Any, ...], _Row] = {}
    merged: list[Problem] = []
    for row in rows:
        content = tuple(value for name, value in msgspec.structs.asdict(row.project).items() if name != "row")
        if content in first:
            merged.append(_problem(row.project.row, "repeat"))
        else:
            first[content] = row
    return list(first.values()), merged


def _doubt_odd_ids(rows: Sequence[_Row]) -> None:
    """Warn of ids that are not written as nearly all others are."""
    shapes = Counter(_shape(row.project.project_id) for row in rows if row.project.project_id)
    common, count = shapes.most_common(1)[0] if shapes else ("", 0)
    if count < ENOUGH_IDS or count < COMMON_SHAPE * shapes.total():
        return
    for row in rows:
        known = any(problem.kind == "malformed_id" for problem in row.problems)
        if row.project.project_id and not known and _shape(row.project.project_id) != common:
            row.problems.append(_problem(row.project.row, "malformed_id", "project_id"))


def _shape(project_id: str) -> str:
    return re.sub(r"[^\W\d_]", "A", re.sub(r"\d", "9", project_id))


def _name(rows: Sequence[_Row]) -> list[_Row]:
    """Give every project its key: the id where one project has it, else one made unique by row."""
    bearers = Counter(_id_form(row.project.project_id) for row in rows if row.project.project_id)
    unnamed: Counter[str] = Counter()
    named = []
    for row in rows:
        project_id = row.project.project_id
        if project_id and bearers[_id_form(project_id)] == 1 and len(project_id) <= LONGEST_KEY:
            key = project_id
        elif project_id:
            key = f"{project_id[:LONGEST_KEY]}#{row.project.row}"
            if bearers[_id_form(project_id)] > 1:
                row.problems.append(_problem(row.project.row, "conflict", "project_id"))
        else:
            key = _content_key(row.project)
            unnamed[key] += 1
            key = key if unnamed[key] == 1 else f"{key}#{row.project.row}"
        named.append(_Row(msgspec.structs.replace(row.project, key=key), row.problems))
    return named


def _id_form(project_id: str) -> str:
    return re.sub(r"[\W_]+", "", project_id)


def _content_key(project: Project) -> str:
    # Not the row number: it would make a project new whenever a line is put in above it.
    content = "|".join(fold(text or "") for text in (project.homeowner, project.address, project.city))
    return f"~{hashlib.sha256(content.encode()).hexdigest()[:12]}"
