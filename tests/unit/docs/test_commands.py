"""Every command, in Slack and here, is told in the README, and none is told that does not exist."""

from __future__ import annotations

import ast
import inspect
import re
from typing import TYPE_CHECKING, Final

import pytest
import yaml

from functions.slack.listeners import LISTENERS, admin, transfers
from infra.local.__main__ import COMMANDS as LOCAL_COMMANDS
from sop_core.__main__ import _parser
from sop_core.cases.report import PERIODS
from sop_slack import case_lists
from tests.unit.docs.pages import HISTORY, PAGES, ROOT, code, named, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

README: Final = "README.md"
COMMANDS: Final[dict[str, Callable[..., None]]] = {
    str(each.name): each.answer for each in LISTENERS if each.kind == "command"
}
HELPS: Final = {"/transfers": transfers.HELP, "/sop-admin": admin.HELP, "/cases": case_lists.HELP}
SLACKS_OWN: Final = {"/invite"}
CLOSED: Final = ("/transfers", "/sop-admin")
"""Commands that take no free text: any other word behind them is answered with the help."""


def words(command: str) -> set[str]:
    """The words that a command knows: the cases that its listener tells apart."""
    tree = ast.parse(inspect.getsource(COMMANDS[command]))
    patterns = (case.pattern for node in ast.walk(tree) if isinstance(node, ast.Match) for case in node.cases)
    values = (node.value for pattern in patterns for node in ast.walk(pattern) if isinstance(node, ast.MatchValue))
    return {str(value.value) for value in values if isinstance(value, ast.Constant) and value.value}


def told_in_readme() -> dict[str, set[str]]:
    """The commands of the README's table with the words that it gives for each."""
    found: dict[str, set[str]] = {}
    for cells in table(README, "Commands in Slack"):
        command = ""
        for span in named(cells[0]):
            text = re.sub(r"\[.*", "", span).strip()
            if text.startswith("/"):
                command, _, text = text.partition(" ")
            found.setdefault(command, set())
            if re.fullmatch(r"[a-z]+", text):
                found[command].add(text)
    return found


def test_slack_commands() -> None:
    """The README's table has every command with every word that its listener tells apart, and no other."""
    assert told_in_readme() == {command: words(command) for command in COMMANDS}


def test_reports() -> None:
    """The periods of a report stand beside it."""
    rows = [cells[0] for cells in table(README, "Commands in Slack") if "/cases report" in cells[0]]
    assert rows == [f"`/cases report [{' · '.join(PERIODS)}]`"]


@pytest.mark.parametrize("command", HELPS)
def test_help(command: str) -> None:
    """What the app answers to a word that it does not know names every one that it does."""
    spoken = {word for span in re.findall(r"`([^`]+)`", HELPS[command]) for word in span.split()}
    assert words(command) - {"help", "mine"} <= spoken


def test_usage_hints() -> None:
    """The hint that Slack shows behind a command has its words."""
    manifest = yaml.safe_load((ROOT / "infra" / "slack-manifest.yaml").read_text(encoding="utf-8"))
    for each in manifest["features"]["slash_commands"]:
        assert words(each["command"]) - {"status", "help"} <= set(re.findall(r"[a-z]+", each.get("usage_hint", "")))


@pytest.mark.parametrize("page", [page for page in PAGES if page != HISTORY])
def test_slack_commands_on_every_page(page: str) -> None:
    """A command that a page names exists, and so does the word behind one that takes no free text."""
    for line in code(page):
        command, _, rest = line.partition(" ")
        if re.fullmatch(r"/[a-z-]+", command):
            assert command in COMMANDS.keys() | SLACKS_OWN, line
            if command in CLOSED and rest:
                assert rest.split()[0] in words(command), line


def _targets() -> dict[str, str]:
    """The Makefile's targets with what `make help` says of each."""
    return dict(re.findall(r"^([a-z0-9]+):[^#\n]*## (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_make_help() -> None:
    """Every target is told by `make help`."""
    phony = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony
    assert set(phony[1].split()) == set(_targets())


@pytest.mark.parametrize("page", PAGES)
def test_make_on_every_page(page: str) -> None:
    """A target that a page names exists."""
    for line in code(page):
        for target in re.findall(r"(?:^|[;&] |[A-Z_]+=\S+ )make ([a-z0-9]+)", line):
            assert target in _targets(), line


def test_make_targets_are_told() -> None:
    """What is no step of `make test` is told to those who use the project or to those who work on it."""
    makefile = (ROOT / "Makefile").read_text()
    steps = set(re.findall(r"^test: (.+?)  ##", makefile, re.MULTILINE)[0].split())
    told = (re.findall(r"make ([a-z0-9]+)", line) for page in (README, "CONTRIBUTING.md") for line in code(page))
    assert set(_targets()) - steps <= set().union(*told)


def modules() -> dict[str, set[str]]:
    """What can be called as ``python -m``, each with its commands."""
    found = {
        str(path.relative_to(ROOT).with_suffix("")).replace("/", ".").removesuffix(".__main__"): set[str]()
        for folder in ("sop_core", "infra", "tests")
        for path in (ROOT / folder).rglob("*.py")
        if path.name == "__main__.py" or (path.parent == ROOT / "infra" and _is_a_program(path))
    }
    (subparsers,) = (each for each in _parser()._actions if isinstance(each.choices, dict))
    return found | {"sop_core": set(subparsers.choices or ()), "infra.local": set(LOCAL_COMMANDS)}


def _is_a_program(path: Path) -> bool:
    return '__name__ == "__main__"' in path.read_text(encoding="utf-8")


def _called(page: str) -> Iterator[tuple[str, str]]:
    for line in code(page):
        for module, rest in re.findall(r"python -m ([a-z_.]+)(.*)", line):
            yield module, rest.strip().split(" ")[0]


@pytest.mark.parametrize("page", PAGES)
def test_python_commands_on_every_page(page: str) -> None:
    """A program that a page calls exists, and so does its command."""
    known = modules()
    for module, command in _called(page):
        assert module in known, module
        if known[module] and command:
            assert command in known[module], f"{module} {command}"


def test_python_commands_are_told() -> None:
    """Every program, and every command of the two that have some, is told on some page or is what a target runs."""
    makefile = (ROOT / "Makefile").read_text()
    told = {pair for page in PAGES for pair in _called(page)} | set(_listed())
    told |= set(re.findall(r"\$\(PYTHON\) -m ([a-z_.]+) ?([a-z]*)", makefile))
    told |= {(path.replace("/", "."), "") for path in re.findall(r"python (infra/[a-z_]+)\.py", makefile)}
    for module, commands in modules().items():
        assert module in {name for name, _ in told}, module
        assert commands <= {command for name, command in told if name == module}, module


def _listed() -> Iterator[tuple[str, str]]:
    """What the README lists behind another command of the same program: `python -m x a` · `b` · `c`."""
    for cells in table(README, "Commands here"):
        module = ""
        for span in named(cells[0]):
            if called := re.match(r"python -m ([a-z_.]+)", span):
                module = called[1]
            elif module:
                yield module, span.split(" ")[0]
