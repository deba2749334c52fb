"""A tab's rows become projects and problems; every row is accounted for once, and none stops the rest."""

from __future__ import annotations

from collections import Counter
from itertools import chain, count, islice
from operator import attrgetter
from typing import TYPE_CHECKING, Final

import msgspec

from sop_core.transfers.cells import text_of
from sop_core.transfers.columns import HEADER_ROWS, Columns, display, find_columns
from sop_core.transfers.identity import conflicts, content_key, key_of, odd_ids
from sop_core.transfers.marks import Marks
from sop_core.transfers.problems import Problem, warning
from sop_core.transfers.project import TAB, Project
from sop_core.transfers.rows import CONTENT, WIDE, Checked, Tab, check, is_blank, tab_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from sop_core.transfers.cells import Cell
    from sop_core.transfers.rows import Content

MAX_ROWS: Final = 250_000
BLOCK: Final = 1000


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


def read(
    rows: Iterable[Sequence[Cell]],
    *,
    from_1904: bool = False,
    marks: Marks | None = None,
    chosen: Mapping[str, str] | None = None,
) -> Reading:
    """Return the projects and problems of a tab's rows (the first is Excel's row 1), taken in as they come.

    ``marks`` is what the tab says beside its values; ``chosen`` are headers that an admin gave a field for.

    :raises SheetError: if it is no transfer sheet.
    """
    told = marks or Marks()
    source = iter(_filled(rows, told))
    head = list(islice(source, HEADER_ROWS))
    columns = find_columns(head, chosen)
    if columns.missing:
        raise _no_header(columns, head, source)
    tab = tab_of(columns, told, from_1904=from_1904)
    taken = _Taken()
    below = chain(head[columns.first_row :], source)
    for first in count(columns.first_row + 1, BLOCK):
        block = list(islice(below, BLOCK))
        if not block:
            break
        taken.add(check(first, block, tab))
    return _reading(taken, tab)


class _Taken:
    """The rows so far: what each says, and the number of the first row that says so."""

    def __init__(self) -> None:
        self.first: dict[Content, int] = {}
        self.repeats: dict[int, Problem] = {}
        self.rejected: list[Problem] = []
        self.warnings: list[Problem] = []

    @property
    def rows(self) -> int:
        return len(self.first) + len(self.repeats) + len(self.rejected)

    def add(self, checked: Checked) -> None:
        for number, content in zip(checked.numbers, checked.contents, strict=True):
            if self.first.setdefault(content, number) != number:
                self.repeats[number] = warning(number, "repeat")
        self.rejected += checked.rejected
        # A repeat has no problems of its own beside that it is one.
        self.warnings += [problem for problem in checked.warnings if problem.row not in self.repeats]
        if self.rows > MAX_ROWS:
            raise SheetError(
                "too_many_rows",
                f"The tab {TAB} has more than {MAX_ROWS:,} rows. Leave out old projects, or ask for a higher limit.",
            )


def _reading(taken: _Taken, tab: Tab) -> Reading:
    numbers = list(taken.first.values())
    ids = [content[0] for content in taken.first]
    damaged = {problem.row for problem in taken.warnings if problem.kind == "malformed_id"}
    odd = (numbers[at] for at in odd_ids(ids))
    doubted = [warning(number, "malformed_id", "project_id") for number in odd if number not in damaged]
    conflicting = conflicts(ids)
    contested = [warning(numbers[at], "conflict", "project_id") for at in sorted(conflicting)]
    problems = (*_of_tab(tab), *taken.rejected, *taken.repeats.values(), *taken.warnings, *doubted, *contested)
    return Reading(
        columns=tab.columns.found,
        rows=taken.rows,
        merged=len(taken.repeats),
        header_row=tab.columns.first_row,
        headers=tab.columns.names,
        projects=tuple(_projects(taken.first, conflicting)),
        problems=tuple(sorted(problems, key=attrgetter("row"))),
    )


def _projects(rows: Mapping[Content, int], conflicting: AbstractSet[int]) -> Iterator[Project]:
    """Yield the projects, each with a key of its own."""
    unnamed: Counter[str] = Counter()
    for at, (content, row) in enumerate(rows.items()):
        key = key_of(row, content[0], conflict=at in conflicting)
        if key is None:
            key = content_key(dict(zip(CONTENT, content, strict=True)))
            unnamed[key] += 1
            key = key if unnamed[key] == 1 else f"{key}#{row}"
        yield Project(key, row, *content, at in conflicting)  # type: ignore[arg-type, call-arg]  # CONTENT names them


def _filled(rows: Iterable[Sequence[Cell]], marks: Marks) -> Iterable[Sequence[Cell]]:
    """Return the rows with a cell that is merged downwards said in each of its rows, as it is seen."""
    starts: dict[int, list[tuple[int, int]]] = {}
    for top, column, bottom, _ in marks.merged:
        if bottom > top:
            starts.setdefault(top, []).append((column, bottom))
    return _fill(rows, starts) if starts else rows


def _fill(rows: Iterable[Sequence[Cell]], starts: Mapping[int, Sequence[tuple[int, int]]]) -> Iterator[Sequence[Cell]]:
    reaching: dict[int, tuple[int, Cell]] = {}
    for number, row in enumerate(rows, 1):
        if reaching and not is_blank(row):
            reaching = {column: (bottom, cell) for column, (bottom, cell) in reaching.items() if bottom >= number}
            yield [reaching[at][1] if at in reaching else cell for at, cell in enumerate(row)]
        else:
            yield row
        reaching |= {column: (bottom, row[column]) for column, bottom in starts.get(number, ()) if column < len(row)}


def _of_tab(tab: Tab) -> list[Problem]:
    """Return what is told of the tab as a whole, at the header's row."""
    columns, at = tab.columns, tab.columns.first_row
    fields = {column: field for field, column in columns.at.items() if field != "program"}
    named = {column for line in columns.lines for column, name in enumerate(line) if name}
    hidden = sorted(tab.marks.hidden_columns & named)
    problems = [warning(at, "hidden_column", fields.get(column)) for column in hidden]
    whole = (("hidden_sheet", tab.marks.is_hidden), ("too_wide", tab.marks.is_wide))
    return [*(warning(at, kind) for kind, is_so in whole if is_so), *problems]


def _no_header(columns: Columns, head: Sequence[Sequence[Cell]], rest: Iterable[Sequence[Cell]]) -> SheetError:
    if all(map(is_blank, head)) and all(map(is_blank, rest)):
        return SheetError("no_rows", f"The tab {TAB} is empty.")
    found = columns.names if columns.at else _first_texts(head)
    missing = ", ".join(display(field) for field in columns.missing)
    noun = "column" if len(columns.missing) == 1 else "columns"
    return SheetError("missing_columns", f"The tab {TAB} has no {noun} {missing}.", found, missing=columns.missing)


def _first_texts(rows: Sequence[Sequence[Cell]]) -> tuple[str, ...]:
    """Return the texts of the first row that may be a header: of several cells, where there is one."""
    lines = [tuple(text for cell in row if (text := text_of(cell))) for row in rows]
    return next((line for line in lines if len(line) > WIDE), next((line for line in lines if line), ()))
