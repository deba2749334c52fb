"""Read procedure files: YAML to frozen types, every mistake with its file and line. No Slack request waits for it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from sop_core import procedures
from sop_core.compiler import compile_procedure
from sop_core.guidance import Procedure, UnknownName
from sop_core.procedure import ProcedureFile, Sources
from sop_core.procedures import SOURCES, names

HERE = Path(procedures.HERE)
MOST_NODES = 50_000
MOST_CHARACTERS = 2_000_000
LONGEST_KEY = 100
DEEPEST = 30
Kind = TypeVar("Kind")
_PLACE = re.compile(r" - at `(?P<place>[^`]+)`$")
_UNKNOWN = re.compile(r"unknown field `(?P<key>[^`]+)`")


class BadFile(ValueError):
    """A file that is no procedure: where (file and line) and why."""

    def __init__(self, file: str, line: int, reason: str) -> None:
        self.file, self.line, self.reason = file, line, reason
        super().__init__(f"{file}:{line}: {reason}")


class _Loader(yaml.SafeLoader):
    """YAML's core words only: ``yes``, ``no`` and dates stay text, since they are answers and versions here."""


_Loader.yaml_implicit_resolvers = {}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^null$"), ["n"])
# A leading zero would be read as base eight, and a number of thousands of digits not at all: both stay text.
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?(?:0|[1-9][0-9]{0,17})$"), list("-0123456789"))


class Lines:
    """The line of each place of a file; a place is written as msgspec writes it: ``$.nodes[3].steps[0].say``."""

    def __init__(self) -> None:
        self._lines: dict[str, int] = {}

    def put(self, place: str, line: int) -> None:
        """Note where ``place`` starts."""
        self._lines[place] = line

    def of(self, place: str) -> int:
        """Return the line of ``place``, or of the nearest part around it that is known."""
        while place and place not in self._lines:
            place = place[: max(place.rfind("."), place.rfind("["))] if place != "$" else ""
        return self._lines.get(place, 1)


def read_procedure(text: str, *, file: str) -> tuple[ProcedureFile, Lines]:
    """Return the procedure that ``text`` holds. :raises BadFile: with the line and the reason."""
    return read(text, file, ProcedureFile)


def read_sources(text: str, *, file: str) -> tuple[Sources, Lines]:
    """Return the sources that ``text`` holds. :raises BadFile: with the line and the reason."""
    return read(text, file, Sources)


class Opened(msgspec.Struct, frozen=True):
    """A procedure file as read, with where it was read from and the line of each of its places."""

    path: str
    file: ProcedureFile
    lines: Lines


def find(name: str) -> Opened:
    """Return a shipped procedure by its name, or any procedure file by its path (``….yaml``).

    :raises UnknownName: naming the closest there is. :raises BadFile: with the line and the reason.
    """
    if name.endswith((".yaml", ".yml")):
        return _opened(Path(name))
    if name not in names() or not (HERE / f"{name}.yaml").exists():
        raise UnknownName("procedure", name, names())
    return _opened(HERE / f"{name}.yaml")


def find_sources(path: str | None = None) -> tuple[Sources, Lines]:
    """Return the spans of the shipped documents, or those of another file.

    :raises BadFile: with the line and the reason.
    """
    chosen = Path(path) if path else HERE / f"{SOURCES}.yaml"
    return read_sources(_text(chosen), file=_shown(chosen))


def read_map(path: str) -> object:
    """Return the plain values of a YAML file, such as settings. :raises BadFile: with the line and the reason."""
    return _plain(_text(Path(path)), path, Lines())


def compiled(name: str) -> Procedure:
    """Return the shipped procedure called ``name``, compiled from its YAML."""
    return compile_procedure(find(name).file, find_sources()[0])


def _opened(path: Path) -> Opened:
    file, lines = read_procedure(_text(path), file=_shown(path))
    return Opened(path=_shown(path), file=file, lines=lines)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as wrong:
        raise BadFile(_shown(path), 1, "the file is not UTF-8 text") from wrong
    except OSError as wrong:
        raise BadFile(_shown(path), 1, f"cannot be read: {wrong.strerror}") from wrong


def _shown(path: Path) -> str:
    root = HERE.parent.parent
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def read_json(text: str) -> Sources:
    """Return the sources that were kept as JSON. :raises ValueError: if they were not."""
    return msgspec.json.decode(text, type=Sources)


def read(text: str, file: str, kind: type[Kind]) -> tuple[Kind, Lines]:
    """Return what ``text`` holds as ``kind``, with the line of each place. :raises BadFile: with line and reason."""
    lines = Lines()
    data = _plain(text, file, lines)
    try:
        return msgspec.convert(data, kind), lines
    except msgspec.ValidationError as wrong:
        reason = str(wrong)
        found, unknown = _PLACE.search(reason), _UNKNOWN.search(reason)
        place = (found["place"] if found else "$") + (f".{unknown['key']}" if unknown else "")
        raise BadFile(file, lines.of(place), _PLACE.sub("", reason)) from wrong


def _plain(text: str, file: str, lines: Lines) -> object:
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        if root is None:
            raise BadFile(file, 1, "the file is empty")
        return _Builder(loader, file, lines).build(root, "$", 0)
    except yaml.MarkedYAMLError as wrong:
        mark = wrong.problem_mark or wrong.context_mark
        raise BadFile(file, mark.line + 1 if mark else 1, f"not YAML: {wrong.problem}") from wrong
    except yaml.reader.ReaderError as wrong:
        line = text.count("\n", 0, wrong.position) + 1
        raise BadFile(file, line, "not YAML: it holds a character that text cannot hold") from wrong
    except RecursionError:
        raise BadFile(file, 1, "the file is too large or too deep for a procedure") from None


class _Builder:
    """Plain values from YAML nodes: no key twice, no endless or exploding alias, and the line of every place."""

    def __init__(self, loader: _Loader, file: str, lines: Lines) -> None:
        self._loader, self._file, self._lines = loader, file, lines
        self._built = self._characters = 0

    def build(self, node: yaml.Node, place: str, depth: int) -> object:
        self._built += 1
        # Aliases are counted as often as they are used: a short text may stand for an endless one.
        self._characters += len(node.value) if isinstance(node, yaml.ScalarNode) else 0
        line = node.start_mark.line + 1
        if self._built > MOST_NODES or self._characters > MOST_CHARACTERS or depth > DEEPEST:
            raise BadFile(self._file, line, "the file is too large or too deep for a procedure")
        self._lines.put(place, line)
        if isinstance(node, yaml.MappingNode):
            return self._map(node, place, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(each, f"{place}[{index}]", depth + 1) for index, each in enumerate(node.value)]
        return self._scalar(node, line)

    def _scalar(self, node: yaml.Node, line: int) -> object:
        try:
            return self._loader.construct_object(node)
        except (ValueError, LookupError, AttributeError) as wrong:
            # What a value is tagged as, such as ``!!int``, is tried on it unseen.
            raise BadFile(self._file, line, f"not YAML: the value is no {node.tag.rpartition(':')[2]}") from wrong

    def _map(self, node: yaml.MappingNode, place: str, depth: int) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode) or len(key.value) > LONGEST_KEY:
                raise BadFile(self._file, line, "a key is one word")
            if key.value in built:
                raise BadFile(self._file, line, f"{key.value!r} is there twice")
            built[key.value] = self.build(value, f"{place}.{key.value}", depth + 1)
        return built
