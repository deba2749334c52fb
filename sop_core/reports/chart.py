"""A procedure drawn as a tree: questions lead to the right, each answer stands over what it leads to.

What is inferred is dashed.
"""

from __future__ import annotations

from textwrap import shorten, wrap
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import msgspec

from sop_core.guidance import ANY, NONE
from sop_core.paths import Values, domains, holds
from sop_core.verification.wording import reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sop_core.procedure import Branch, Instruction, Node, ProcedureFile

WIDTH, HEIGHT = 204, 56
BETWEEN_COLUMNS, BETWEEN_ROWS = 34, 16
COLUMN = WIDTH + BETWEEN_COLUMNS
ANSWER_LINE = 15
MARGIN, LEAST_WIDTH = 24, 640
NOTE_LINE, NOTE_LETTER = 18, 6.6
LETTERS, SMALL_LETTERS, ANSWER_LETTERS = 27, 34, 28
BETWEEN = " · "

NOTE = (
    "Blue over a box: the answer that leads to it. Green: an end. Dashed: inferred, the SOP does not say it. "
    "Small: the readings of the SOP on the way. A number in brackets: it goes on as where that number stands."
)

STYLE = """
  text { font: 13px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1d1c1d }
  .title { font-size: 20px; font-weight: 700 }
  .note { font-size: 13px; fill: #616061 }
  .steps { font-size: 11px; fill: #616061 }
  .answer { font-weight: 600; fill: #1264a3 }
  .line { fill: none; stroke: #b8b8b8; stroke-width: 1.4 }
  .ask { fill: #eef4fb; stroke: #1264a3 }
  .end { fill: #edf7f1; stroke: #2b7a54; stroke-width: 1.4 }
  .inferred { fill: #fff8e8; stroke: #b7791f; stroke-width: 1.4; stroke-dasharray: 5 4 }
"""


class _Box(msgspec.Struct, frozen=True):
    """A drawn node: its words, the readings it carries out, and what follows it under which answers.

    ``mark`` numbers what follows where it is drawn more than once: boxes ``like`` it refer to it instead.
    """

    words: str
    readings: tuple[str, ...]
    kind: str
    following: tuple[tuple[str, _Box], ...] = ()
    mark: int | None = None
    like: int | None = None


class _Placed(msgspec.Struct, frozen=True):
    """A box with its column and the height at which its top is."""

    box: _Box
    column: int
    top: float
    following: tuple[tuple[str, _Placed], ...]


def chart(file: ProcedureFile) -> str:
    """Return the flow chart of ``file`` as SVG. The same file gives the same picture, byte for byte."""
    tree = _Once().of(_Tree(file).box(file.nodes[0], {}))
    columns = _columns(tree)
    width = max(2 * MARGIN + columns * COLUMN - BETWEEN_COLUMNS, LEAST_WIDTH)
    head = _head(file, width)
    root, below = _place(tree, 0, len(head) * NOTE_LINE + 2 * MARGIN)
    drawn = [*(line for placed in _all(root) for line in _lines(placed)), *(_shape(placed) for placed in _all(root))]
    return "\n".join([*_frame(file, width, below), *head, *drawn, "</svg>", ""])


class _Tree:
    """The graph unfolded: a fact that is known already is not drawn again, a step is drawn where it is first shown."""

    def __init__(self, file: ProcedureFile) -> None:
        self._nodes = {node.id: node for node in file.nodes}
        self._facts = {fact.name: fact for fact in file.facts}
        self._domains = domains(file)

    def box(self, node: Node, known: dict[str, Values], before: tuple[Instruction, ...] = ()) -> _Box:
        steps = before + node.steps
        if node.end is not None:
            kind = "inferred" if any(step.gap and not step.when for step in steps) else "end"
            return _Box(node.end.title, _readings(steps), kind)
        fact = node.ask or ""
        left = known.get(fact, self._domains[fact])
        taken = [(tuple(v for v in left if holds(v, branch.on)), branch) for branch in node.branches]
        ways = [(values, branch) for values, branch in taken if values]
        if len(ways) == 1 and fact in known:
            return self.box(self._nodes[ways[0][1].go], known, steps)
        following = tuple(
            (self._answers(fact, values, branch), self.box(self._nodes[branch.go], known | {fact: values}))
            for values, branch in ways
        )
        kind = "inferred" if any(step.gap and not step.when for step in steps) else "ask"
        return _Box(self._facts[fact].question, _readings(steps), kind, following)

    def _answers(self, fact: str, values: Values, branch: Branch) -> str:
        labels = {each.value: each.shortly() for each in self._facts[fact].answers}
        if self._facts[fact].multiple:
            words = {ANY: "At least one", NONE: "None of these"}
            return BETWEEN.join((labels | words)[each] for each in branch.on)
        return BETWEEN.join(labels[value] for value in values if isinstance(value, str))


def _readings(steps: Sequence[Instruction]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reading(step.id) for step in steps))


class _Once:
    """What follows two boxes alike is drawn once: the second refers to the first."""

    def __init__(self) -> None:
        self._drawn: dict[tuple[tuple[str, _Box], ...], int] = {}
        self._referred: set[int] = set()

    def of(self, box: _Box) -> _Box:
        """Return ``box`` with references, and with marks where they lead."""
        return self._marked(self._referring(box))

    def _referring(self, box: _Box) -> _Box:
        if not any(each.following for _, each in box.following):
            return self._with_following(box, self._referring)
        if (first := self._drawn.get(box.following)) is not None:
            self._referred.add(first)
            return msgspec.structs.replace(box, following=(), like=first)
        mark = self._drawn[box.following] = len(self._drawn) + 1
        return msgspec.structs.replace(self._with_following(box, self._referring), mark=mark)

    def _marked(self, box: _Box) -> _Box:
        """Number the marks that are referred to as they are met, and drop the others."""
        numbers = {mark: number for number, mark in enumerate(sorted(self._referred), 1)}
        box = msgspec.structs.replace(box, mark=numbers.get(box.mark or 0), like=numbers.get(box.like or 0))
        return self._with_following(box, self._marked)

    def _with_following(self, box: _Box, change: Callable[[_Box], _Box]) -> _Box:
        return msgspec.structs.replace(box, following=tuple((answer, change(each)) for answer, each in box.following))


def _columns(box: _Box) -> int:
    return 1 + max((_columns(each) for _, each in box.following), default=0)


def _place(box: _Box, column: int, free: float, over: int = 0) -> tuple[_Placed, float]:
    """Return ``box``, over which stand ``over`` lines, placed below ``free``, and the next free height.

    A question stands in the middle of what follows it, so its lines need room only beyond those of the first of these.
    """
    if not box.following:
        top = free + ANSWER_LINE * over
        return _Placed(box, column, top, ()), top + HEIGHT + BETWEEN_ROWS
    lines = [len(_over(answer)) for answer, _ in box.following]
    below = free + ANSWER_LINE * max(0, over - lines[0])
    following: list[tuple[str, _Placed]] = []
    for (answer, each), number in zip(box.following, lines, strict=True):
        placed, below = _place(each, column + 1, below, number)
        following.append((answer, placed))
    middle = (following[0][1].top + following[-1][1].top) / 2
    return _Placed(box, column, middle, tuple(following)), below


def _over(answer: str) -> list[str]:
    """Return the lines of an answer over what it leads to."""
    return wrap(answer, ANSWER_LETTERS)


def _all(placed: _Placed) -> Iterator[_Placed]:
    yield placed
    for _, each in placed.following:
        yield from _all(each)


def _frame(file: ProcedureFile, width: float, height: float) -> Sequence[str]:
    title = escape(f"{file.title}, version {file.version}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{title}">',
        f"<style>{STYLE}</style>",
        f'<rect width="{width:g}" height="{height:g}" fill="#ffffff"/>',
    )


def _head(file: ProcedureFile, width: float) -> Sequence[str]:
    lines = wrap(NOTE, int((width - 2 * MARGIN) / NOTE_LETTER))
    return (
        f'<text class="title" x="{MARGIN}" y="36">{escape(f"{file.title}, version {file.version}")}</text>',
        *(
            f'<text class="note" x="{MARGIN}" y="{36 + NOTE_LINE * number}">{text}</text>'
            for number, text in enumerate(lines, 1)
        ),
    )


def _left(placed: _Placed) -> float:
    return MARGIN + placed.column * COLUMN


def _lines(placed: _Placed) -> Iterator[str]:
    start_x, start_y = _left(placed) + WIDTH, placed.top + HEIGHT / 2
    for answer, each in placed.following:
        end_x, end_y = _left(each), each.top + HEIGHT / 2
        bend = start_x + BETWEEN_COLUMNS / 2
        yield f'<path class="line" d="M{start_x:g} {start_y:g}H{bend:g}V{end_y:g}H{end_x:g}"/>'
        for number, text in enumerate(reversed(_over(answer))):
            y = each.top - 5 - ANSWER_LINE * number
            yield f'<text class="answer" x="{end_x + 2:g}" y="{y:g}">{escape(text)}</text>'


def _shape(placed: _Placed) -> str:
    x, y = _left(placed), placed.top
    box = placed.box
    mark, like = f"[{box.mark}] " if box.mark else "", f" [as\N{NO-BREAK SPACE}{box.like}]" if box.like else ""
    steps = shorten(", ".join(box.readings), SMALL_LETTERS, placeholder=" …")
    drawn = [
        f'<rect class="{box.kind}" x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="7"/>',
        *(
            f'<text x="{x + 9:g}" y="{y + 18 + 16 * at:g}">{escape(text)}</text>'
            for at, text in enumerate(wrap(mark + box.words + like, LETTERS, max_lines=2, placeholder=" …"))
        ),
    ]
    if steps:
        drawn.append(f'<text class="steps" x="{x + 9:g}" y="{y + 50:g}">{escape(steps)}</text>')
    return "\n".join(drawn)
