"""A file that is no procedure is refused with its file, its line and the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sop_core.procedures import reading
from sop_core.procedures.reading import BadFile, read_procedure
from tests.builders.procedures import TEXT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("title: Rain", "title: Rain: x", 3, "not YAML"),
        ("title: Rain", "title: Rain\ntitel: Rain", 4, "unknown field `titel`"),
        ("title: Rain", "title: Rain\ntitle: Rain", 4, "'title' is there twice"),
        ('version: "7"', "version: 7", 4, "Expected `str`, got `int`"),
        ("effective: 2026-01-02", "effective: soon", 5, "Invalid RFC3339"),
        ("multiple: true", "multiple: maybe", 10, "Expected `bool`, got `str`"),
        ("multiple: true", "multiple: !!python/name:os.system true", 10, "could not determine a constructor"),
        ("{value: wall, label: Wall}", "{value: Wall, label: Wall}", 13, "Expected `str` matching regex"),
        ('do: ["Call', 'does: ["Call', 25, "unknown field `does`"),
        ("title: Rain", "title: &a [*a]", 3, "too large or too deep"),
        ("title: Rain", "? [a]\n: b", 3, "a key is one word"),
        ("title: Rain", "title: \x00", 3, "a character that text cannot hold"),
        ("wait_seconds: 30", "wait_seconds: 030", 26, "Expected `int | null`, got `str`"),
        ("wait_seconds: 30", "wait_seconds: 08", 26, "Expected `int | null`, got `str`"),
        ("wait_seconds: 30", f"wait_seconds: {'1' * 5000}", 26, "Expected `int | null`, got `str`"),
        ("wait_seconds: 30", "wait_seconds: !!int soon", 26, "the value is no int"),
        ("wait_seconds: 30", "wait_seconds: !!int ''", 26, "the value is no int"),
        ("wait_seconds: 30", "wait_seconds: !!float soon", 26, "the value is no float"),
        ("multiple: true", "multiple: !!bool maybe", 10, "the value is no bool"),
        ("effective: 2026-01-02", "effective: !!timestamp soon", 5, "the value is no timestamp"),
    ],
)
def test_a_mistake_is_refused_with_its_line(old: str, new: str, line: int, reason: str) -> None:
    assert old in TEXT
    with pytest.raises(BadFile) as refused:
        read_procedure(TEXT.replace(old, new), file="rain.yaml")
    assert (refused.value.file, refused.value.line) == ("rain.yaml", line)
    assert reason in refused.value.reason


def test_an_empty_file_is_no_procedure() -> None:
    with pytest.raises(BadFile, match=r"rain\.yaml:1: the file is empty"):
        read_procedure("", file="rain.yaml")


def test_aliases_that_explode_are_refused() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for before, name in zip("abcdef", "bcdefg", strict=True):
        bomb += f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    with pytest.raises(BadFile, match="too large or too deep"):
        read_procedure(bomb, file="bomb.yaml")


def test_a_script_too_long_for_a_screen_is_refused() -> None:
    with pytest.raises(BadFile, match="length <= 2900"):
        read_procedure(TEXT.replace("We are sorry.", "sorry " * 500, 1), file="rain.yaml")


def test_yes_no_and_dates_stay_words() -> None:
    file, _ = read_procedure(TEXT, file="rain.yaml")
    assert [answer.value for answer in file.facts[1].answers] == ["yes", "no"]


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadFile, match="not UTF-8"):
        reading.find(str(binary))
    with pytest.raises(BadFile, match="cannot be read"):
        reading.find(str(tmp_path / "missing.yaml"))
