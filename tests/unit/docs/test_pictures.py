"""The pictures in the documents are those that the browser tests take; ``make pictures`` takes them anew."""

from __future__ import annotations

import ast
from typing import Final

from tests.unit.docs.pages import IMAGES, ROOT, shown

STORIES: Final = sorted((ROOT / "tests" / "e2e").rglob("test_*.py"))


def taken() -> set[str]:
    """The names of the pictures that browser tests take; where one is no constant, every text of the loop around it."""
    found: set[str | None] = set()
    for story in STORIES:
        for node in ast.walk(ast.parse(story.read_text(encoding="utf-8"))):
            if isinstance(node, ast.For) and None in _names(node):
                found |= {_text(each) for each in ast.walk(node.iter)}
            if isinstance(node, ast.FunctionDef):
                found |= _names(node)
    return {name for name in found if name}


def _names(node: ast.AST) -> set[str | None]:
    calls = (call for call in ast.walk(node) if isinstance(call, ast.Call))
    return {_text(call.args[1]) for call in calls if ast.unparse(call.func) == "picture.take"}


def _text(node: ast.AST) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def test_every_picture_is_shown_and_every_shown_one_is_there() -> None:
    assert shown() == set(IMAGES.iterdir())


def test_every_picture_is_taken_by_a_browser_test() -> None:
    assert {path.stem for path in IMAGES.iterdir()} <= taken()
