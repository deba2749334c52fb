"""A tab's rows become projects and problems; every row is accounted for once, and none stops the rest."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sop_core.transfers import cells
from sop_core.transfers.columns import HEADER_ROWS, Columns, display, find_columns
from sop_core.transfers.installers import installer, nearest
from sop_core.transfers.marks import Marks
from sop_core.transfers.problems import KINDS, Problem
from sop_core.transfers.project import Project
from sop_core.transfers.words import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sop_core.transfers.cells import Cell

LONGEST_KEY: Final = 80
LONGEST_TEXT: Final = 500
COMMON_SHAPE: Final = 0.9
ENOUGH_IDS: Final = 20
COMMON_FORM: Final = 0.75
ENOUGH_FORMS: Final = 4
WIDE: Final = 2
MAX_ROWS: Final = 250_000
_EXCLUDED: Final = re.compile(r"(?:ip )?(?:shield|harness)\b")
_PROGRAM: Final = re.compile(r"\b(?:shield|harness)\b")
_PROGRAM_ALONE: Final = re.compile(
    r"\s*(?:ip\b\s*-?\s*)?(?:shield|harness)(?:\s+(?:jobs?|projects?|program|homes?|energy|solar))?\s*", re.IGNORECASE
)
_EXCLUDED_BEGINS: Final = frozenset({"sh", "ha", "ip"})
_PROGRAM_BEGINS: Final = frozenset("sShHiI ")
_TOTAL: Final = re.compile(r"(?:grand |sub ?)?totals?\b|count\b|subtotal\b|sum\b|average\b")
_SECTION: Final = re.compile(r"[^\W\d_]{4,}\s|\s[^\W\d_]{4,}")
_COMMON: Final = frozenset(
    {"city", "state", "zip", "original_ip", "transferred_to", "transfer_date", "status", "milestone", "program"}
)
_LOOKED_AT: Final = ("original_ip", "transferred_to", "status", "project_id")
_FINDABLE: Final = ("project_id", "homeowner", "address")


class SheetError(Exception):
    """The tab is no transfer sheet. ``message`` says what is missing, ``found`` what is there instead.

    ``missing`` are the needed fields for which an admin can say which of the headers found holds them.
    """

    def __init__(self, kind: str, message: str, found: Sequence[str] = (), *, missing: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.found = tuple(found)
        self.missing = tuple(missing)


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A tab that was read: ``rows`` are projects, ``merged`` and rejected rows (with one ``reject`` problem each).

    ``header_row`` is Excel's number of the header, the last row of it where it has two; ``headers`` are its texts.
    """

    columns: dict[str, str]
    rows: int
    merged: int
    header_row: int
    headers: tuple[str, ...]
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


class _Tab(msgspec.Struct, frozen=True, kw_only=True):
    columns: Columns
    names: frozenset[str]
    unmapped: tuple[int, ...]
    marks: Marks
    merged_across: frozenset[int]
    from_1904: bool


class _Rejected(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.kind)
        self.problem = problem


def read(
    rows: Sequence[Sequence[Cell]],
    *,
    from_1904: bool = False,
    marks: Marks | None = None,
    chosen: Mapping[str, str] | None = None,
) -> Reading:
    """Return the projects and problems of a tab's rows (the first is Excel's row 1).

    ``marks`` is what the tab says beside its values; ``chosen`` are headers that an admin gave a field for.

    :raises SheetError: if it is no transfer sheet.
    """
    told = marks or Marks()
    rows = _filled(rows, told)
    columns = find_columns(rows[:HEADER_ROWS], chosen)
    _require(columns, rows)
    tab = _tab(columns, told, from_1904=from_1904)
    taken: list[_Row] = []
    rejected: list[Problem] = []
    for number, row in enumerate(rows[columns.first_row :], columns.first_row + 1):
        if _is_blank(row):
            continue
        try:
            taken.append(_read_row(number, row, tab))
        except _Rejected as refusal:
            rejected.append(refusal.problem)
        if len(taken) + len(rejected) > MAX_ROWS:
            raise SheetError("too_many_rows", f"The tab All Projects has more than {MAX_ROWS:,} rows.")
    kept, merged = _merge(taken)
    _doubt_odd_ids(kept)
    named = _name(kept)
    problems = [*_of_tab(tab), *rejected, *merged, *(problem for row in named for problem in row.problems)]
    return Reading(
        columns={field: header for field, header in columns.headers.items() if field != "program"},
        rows=len(taken) + len(rejected),
        merged=len(merged),
        header_row=columns.first_row,
        headers=columns.names,
        projects=tuple(row.project for row in named),
        problems=tuple(sorted(problems, key=lambda problem: problem.row)),
    )


def _tab(columns: Columns, marks: Marks, *, from_1904: bool) -> _Tab:
    used = {*columns.at.values(), columns.last_name}
    width = max((len(line) for line in columns.lines), default=0)
    return _Tab(
        columns=columns,
        names=frozenset(columns.names),
        unmapped=tuple(at for at in range(width) if at not in used),
        marks=marks,
        merged_across=frozenset(top for top, first, _, last in marks.merged if last - first >= WIDE),
        from_1904=from_1904,
    )


def _filled(rows: Sequence[Sequence[Cell]], marks: Marks) -> Sequence[Sequence[Cell]]:
    """Return the rows with a cell that is merged downwards said in each of its rows, as it is seen."""
    filled: dict[int, list[Cell]] = {}
    for top, column, bottom, _ in marks.merged:
        if bottom == top or top > len(rows) or column >= len(rows[top - 1]):
            continue
        for at in range(top, min(bottom, len(rows))):
            if column < len(rows[at]) and not _is_blank(rows[at]):
                filled.setdefault(at, list(rows[at]))[column] = rows[top - 1][column]
    return [filled.get(at, row) for at, row in enumerate(rows)] if filled else rows


def _of_tab(tab: _Tab) -> list[Problem]:
    """Return what is told of the tab as a whole, at the header's row."""
    columns, at = tab.columns, tab.columns.first_row
    fields = {column: field for field, column in columns.at.items() if field != "program"}
    named = {column for line in columns.lines for column, name in enumerate(line) if name}
    hidden = sorted(tab.marks.hidden_columns & named)
    problems = [_problem(at, "hidden_column", fields.get(column)) for column in hidden]
    return [_problem(at, "hidden_sheet"), *problems] if tab.marks.is_hidden else problems


def _require(columns: Columns, rows: Sequence[Sequence[Cell]]) -> None:
    if not columns.missing:
        return
    found = columns.names if columns.at else _first_texts(rows)
    missing = ", ".join(display(field) for field in columns.missing)
    noun = "column" if len(columns.missing) == 1 else "columns"
    raise SheetError(
        "missing_columns", f"The tab All Projects has no {noun} {missing}.", found, missing=columns.missing
    )


def _first_texts(rows: Sequence[Sequence[Cell]]) -> tuple[str, ...]:
    """Return the texts of the first row that may be a header: of several cells, where there is one."""
    lines = [tuple(text for cell in row if (text := cells.text_of(cell))) for row in rows[:HEADER_ROWS]]
    return next((line for line in lines if len(line) > WIDE), next((line for line in lines if line), ()))


def _is_blank(row: Sequence[Cell]) -> bool:
    return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in row)


def _problem(row: int, kind: str, field: str | None = None, *, more: str = "") -> Problem:
    sentence = f"{KINDS[kind][0].upper()}{KINDS[kind][1:]}{more}"
    return Problem(row, "warn", kind, field, sentence if sentence.endswith(".") else f"{sentence}.")


def _reject(row: int, kind: str) -> _Rejected:
    return _Rejected(msgspec.structs.replace(_problem(row, kind), severity="reject"))


def _read_row(number: int, row: Sequence[Cell], tab: _Tab) -> _Row:
    columns = tab.columns
    raw: dict[str, Cell] = {field: row[at] if at < len(row) else None for field, at in columns.at.items()}
    texts = {
        field: cells.common_text_of(cell) if field in _COMMON else cells.text_of(cell) for field, cell in raw.items()
    }
    if columns.last_name is not None and columns.last_name < len(row):
        texts["homeowner"] = " ".join(
            part for part in (texts.get("homeowner"), cells.text_of(row[columns.last_name])) if part
        )
    if _is_no_project(number, row, texts, tab):
        raise _reject(number, "not_a_project")
    if _is_not_ours(row, texts, tab):
        raise _reject(number, "excluded_job")
    if not any(texts.get(field) for field in _FINDABLE):
        raise _reject(number, "not_findable")
    problems = _marked(number, texts, tab)
    if max(map(len, filter(None, texts.values()))) > LONGEST_TEXT:
        problems += _cut(number, texts)
    project = _project(number, raw, texts, problems, from_1904=tab.from_1904)
    return _Row(project, problems)


def _cut(number: int, texts: dict[str, str | None]) -> list[Problem]:
    """Cut what no cell of a transfer sheet has a reason to hold."""
    long = [field for field, text in texts.items() if text and len(text) > LONGEST_TEXT]
    texts |= {field: (texts[field] or "")[:LONGEST_TEXT] for field in long}
    return [_problem(number, "too_long", field) for field in long]


def _marked(number: int, texts: dict[str, str | None], tab: _Tab) -> list[Problem]:
    marks, at = tab.marks, tab.columns.at
    problems = [_problem(number, "hidden_row")] if number in marks.hidden_rows else []
    if marks.struck and any((number, at[field]) in marks.struck for field in _FINDABLE if texts.get(field)):
        problems.append(_problem(number, "struck_through"))
    if marks.uncalculated:
        empty = [field for field, column in at.items() if (number, column) in marks.uncalculated and not texts[field]]
        problems += [_problem(number, "uncalculated", field) for field in empty]
    return problems


def _is_no_project(number: int, row: Sequence[Cell], texts: dict[str, str | None], tab: _Tab) -> bool:
    marked, name, address = (texts.get(field) for field in _FINDABLE)
    label = marked or name or address
    if label is None or (name and address and label not in tab.names):
        return False
    if tab.columns.is_header([cells.text_of(cell) for cell in row] if label in tab.names else ()):
        return True
    if not (name and address) and _TOTAL.match(fold(label)):
        return True
    if sum(cells.text_of(cell) is not None for cell in row) > 1:
        return False
    # A line above a group of rows stands alone: across several columns, or in the first and not as an id is written.
    is_word = bool(marked) and (not any(c.isdigit() for c in label) or bool(_SECTION.search(label)))
    return is_word or number in tab.merged_across


def _is_not_ours(row: Sequence[Cell], texts: dict[str, str | None], tab: _Tab) -> bool:
    for field in _LOOKED_AT:
        text = texts.get(field)
        if text and text[:2].lower() in _EXCLUDED_BEGINS and _is_excluded(text):
            return True
    if (program := texts.get("program")) and _PROGRAM.search(fold(program)):
        return True
    for at in tab.unmapped:
        cell = row[at] if at < len(row) else None
        if isinstance(cell, str) and cell[:1] in _PROGRAM_BEGINS and _PROGRAM_ALONE.fullmatch(cell):
            return True
    return False


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

    for field, text in texts.items():
        if text is None and cells.is_error(raw[field]):
            problems.append(_problem(number, "error_value", field))
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
        project_id=cells.project_id_in(texts.get("project_id")),
        homeowner=texts.get("homeowner"),
        co_homeowner=texts.get("co_homeowner"),
        address=texts.get("address"),
        city=texts.get("city"),
        state=checked("state", cells.state_of(texts.get("state")), "bad_state"),
        zip=checked("zip", cells.zip_in(texts.get("zip")), "bad_zip"),
        phone=checked("phone", cells.phone_in(texts.get("phone")), "bad_phone"),
        email=checked("email", cells.email_in(texts.get("email")), "bad_email"),
        original_ip=texts.get("original_ip"),
        transferred_to=texts.get("transferred_to"),
        transfer_date=checked(
            "transfer_date", cells.date_of(texts.get("transfer_date"), from_1904=from_1904), "bad_date"
        ),
        status=texts.get("status"),
        milestone=texts.get("milestone"),
        installer=where,
    )


def _merge(rows: Iterable[_Row]) -> tuple[list[_Row], list[Problem]]:
    first: dict[tuple[Any, ...], _Row] = {}
    merged: list[Problem] = []
    for row in rows:
        # Key and row stand first; a project has no key of its own yet.
        content = msgspec.structs.astuple(row.project)[2:]
        if content in first:
            merged.append(_problem(row.project.row, "repeat"))
        else:
            first[content] = row
    return list(first.values()), merged


def _doubt_odd_ids(rows: Sequence[_Row]) -> None:
    """Warn of ids without a digit, and of ids that are not written as nearly all others are."""
    shapes = [_shape(row.project.project_id) if row.project.project_id else "" for row in rows]
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
    for row, shape in zip(rows, shapes, strict=True):
        if shape in odd and not any(problem.kind == "malformed_id" for problem in row.problems):
            row.problems.append(_problem(row.project.row, "malformed_id", "project_id"))


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


def _shape(project_id: str) -> str:
    return project_id.translate(_SHAPES)


def _form(shape: str) -> str:
    return re.sub(r"A+", "A", re.sub(r"9+", "9", shape))


def _name(rows: Sequence[_Row]) -> list[_Row]:
    """Give every project its key: the id where one project has it, else one made unique by row."""
    bearers = Counter(_id_form(row.project.project_id) for row in rows if row.project.project_id)
    unnamed: Counter[str] = Counter()
    named = []
    for row in rows:
        project_id = row.project.project_id
        conflict = bool(project_id) and bearers[_id_form(project_id or "")] > 1
        if conflict:
            row.problems.append(_problem(row.project.row, "conflict", "project_id"))
        if project_id and not conflict and len(project_id) <= LONGEST_KEY:
            key = project_id
        elif project_id:
            key = f"{project_id[:LONGEST_KEY]}#{row.project.row}"
        else:
            key = _content_key(row.project)
            unnamed[key] += 1
            key = key if unnamed[key] == 1 else f"{key}#{row.project.row}"
        named.append(_Row(msgspec.structs.replace(row.project, key=key, conflict=conflict), row.problems))
    return named


def _id_form(project_id: str) -> str:
    return re.sub(r"[\W_]+", "", project_id)


def _content_key(project: Project) -> str:
    # Not the row number: it would make a project new whenever a line is put in above it.
    content = "|".join(fold(text or "") for text in (project.homeowner, project.address, project.city))
    return f"~{hashlib.sha256(content.encode()).hexdigest()[:12]}"
