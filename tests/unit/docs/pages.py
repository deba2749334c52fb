"""The repository's pages as data: links, code, tables, anchors."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

ROOT: Final = Path(__file__).parents[3]
PAGES: Final = sorted(
    str(path.relative_to(ROOT))
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "infra").rglob("*.md"))
)
HISTORY: Final = "CHANGELOG.md"
"""What is told there was true when it was written; names in it may be gone since."""
IMAGES: Final = ROOT / "docs" / "images"
_MARKDOWN: Final = MarkdownIt("commonmark").enable("table")


@cache
def tokens(page: str) -> tuple[Token, ...]:
    return tuple(_MARKDOWN.parse((ROOT / page).read_text(encoding="utf-8")))


def _inline(page: str) -> Iterator[Token]:
    for token in tokens(page):
        yield from token.children or ()


def links(page: str) -> list[str]:
    """What the page links to, pictures apart."""
    return [str(token.attrs["href"]) for token in _inline(page) if token.type == "link_open"]


def pictures(page: str) -> list[str]:
    """The pictures that the page shows, as it names them."""
    return [str(token.attrs["src"]) for token in _inline(page) if token.type == "image"]


def shown() -> frozenset[Path]:
    """The pictures of people's screens that some page shows; charts are drawn by ``python -m sop_core document``."""
    found = {(ROOT / page).parent.joinpath(picture).resolve() for page in PAGES for picture in pictures(page)}
    return frozenset(path for path in found if path.suffix == ".png")


def code(page: str) -> list[str]:
    """Every piece of code: spans within sentences, and each line of a block."""
    blocks = (token.content for token in tokens(page) if token.type in {"fence", "code_block"})
    lines = (line.strip() for block in blocks for line in block.splitlines())
    return [*spans(page), *(line for line in lines if line)]


def spans(page: str) -> list[str]:
    return [token.content for token in _inline(page) if token.type == "code_inline"]


def anchors(page: str) -> set[str]:
    """What may stand after a ``#``: each heading as GitHub names it."""
    found: set[str] = set()
    for before, token in zip(tokens(page), tokens(page)[1:], strict=False):
        if before.type == "heading_open":
            text = "".join(child.content for child in token.children or () if child.type in {"text", "code_inline"})
            slug = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
            count = sum(each == slug or re.fullmatch(rf"{re.escape(slug)}-\d+", each) is not None for each in found)
            found.add(f"{slug}-{count}" if count else slug)
    return found


def table(page: str, heading: str) -> list[list[str]]:
    """Return the rows of the first table under a heading, each cell as it is written.

    :raises LookupError: if there is none.
    """
    under = False
    rows: list[list[str]] = []
    kind = ""
    for token in tokens(page):
        if token.type == "heading_open":
            kind = "heading"
        elif token.type == "inline" and kind == "heading":
            under, kind = token.content == heading, ""
        elif under and token.type == "tr_open":
            rows.append([])
        elif under and token.type == "inline" and rows and token.level >= 4:
            rows[-1].append(token.content)
        elif under and token.type == "table_close":
            return rows[1:]
    raise LookupError(f"{page} has no table under {heading!r}")


def named(cell: str) -> list[str]:
    """Return what stands as code in a cell."""
    return re.findall(r"`([^`]+)`", cell)
