"""Every link, picture, file and module that a page names is there."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from functools import cache
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

import pytest

from tests.unit.docs.pages import HISTORY, PAGES, ROOT, anchors, code, links, pictures, spans, table

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOMS: Final = ("docs", "functions", "infra", "layers", "requirements", "sop_core", "tests")
NOW: Final = [page for page in PAGES if page != HISTORY]


@cache
def tree() -> frozenset[str]:
    """Every file and folder of the repository, folders with a slash at the end."""
    rooms = [path for room in ROOMS for path in (ROOT / room).rglob("*")]
    found = (path for path in (*rooms, *ROOT.iterdir()) if "__pycache__" not in path.parts)
    return frozenset(str(path.relative_to(ROOT)) + "/" * path.is_dir() for path in found)


@pytest.mark.parametrize("page", PAGES)
def test_links(page: str) -> None:
    """A link within the repository leads to a file, and its anchor to a heading."""
    for link in (*links(page), *pictures(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent.joinpath(unquote(path)).resolve() if path else ROOT / page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        if anchor:
            assert anchor in anchors(str(target.relative_to(ROOT))), link


def _paths(page: str) -> Iterator[str]:
    """Pieces of code that look like a path in the repository, placeholders apart."""
    for line in code(page):
        for word in re.findall(r"[\w./*-]+", line):
            if word.split("/")[0] in ROOMS and "/" in word and "…" not in line:
                yield word.rstrip("./")


@pytest.mark.parametrize("page", NOW)
def test_files(page: str) -> None:
    """A file or folder that stands in code exists; ``*`` stands for any name."""
    for path in _paths(page):
        assert any(fnmatch(known.rstrip("/"), path) for known in tree()), path


@pytest.mark.parametrize("page", NOW)
def test_modules(page: str) -> None:
    """A module, or a name in one, that stands in code exists."""
    for span in spans(page):
        if found := re.fullmatch(
            r"(sop_core|sop_aws|sop_http|sop_slack|functions|infra|tests)((\.\w+)+)(\(.*\))?", span
        ):
            assert _exists([found[1], *found[2].strip(".").split(".")]), span


def _exists(parts: list[str]) -> bool:
    for count in range(len(parts), 0, -1):
        for folder in (ROOT, ROOT / "layers" / "shared"):
            path = folder.joinpath(*parts[:count])
            if path.is_dir() and count == len(parts):
                return True
            if path.with_suffix(".py").is_file():
                text = path.with_suffix(".py").read_text(encoding="utf-8")
                return all(re.search(rf"\b{name}\b", text) for name in parts[count:])
    return False


def test_decisions() -> None:
    """The index has every decision once, under the title that the record has itself, in order."""
    records = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    titles = {path.name: path.read_text(encoding="utf-8").splitlines()[0].lstrip("# ") for path in records}
    rows = table("docs/decisions/README.md", "Decisions")
    listed = [re.sub(r".*\((.+)\)", r"\1", cells[0]) for cells in rows]
    assert listed == [path.name for path in records]
    assert [cells[0].partition("]")[0].lstrip("[") for cells in rows] == [str(int(name[:4])) for name in listed]
    assert [cells[1] for cells in rows] == [titles[name].partition(". ")[2] for name in listed]


def test_every_page_can_be_found() -> None:
    """Every page under docs is linked from some other page."""
    linked = {
        str((ROOT / page).parent.joinpath(link.partition("#")[0]).resolve().relative_to(ROOT))
        for page in PAGES
        for link in links(page)
        if not re.match(r"[a-z]+:", link) and not link.startswith("#")
    }
    assert {page for page in PAGES if page.startswith("docs/")} - linked == set()
