"""Each way in which a procedure file can be bad: refused by the command line with file, line and reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from sop_core.__main__ import main
from tests.builders.procedures import TEXT, rain_sources

if TYPE_CHECKING:
    from pathlib import Path

# What is written instead of what, the exit code (2: no procedure, 1: not proven), the line's words, and the reason.
MISTAKES = {
    "not YAML": ("title: Rain", "title: Rain: x", 2, "title:", "not YAML: mapping values are not allowed here"),
    "an unknown key": ("title: Rain", "title: Rain\ntitel: x", 2, "titel:", "unknown field `titel`"),
    "a missing key": ("audience: [agent]\n", "", 2, "procedure:", "missing required field `audience`"),
    "an answer that nothing follows": (
        "      - {on: [none], go: dry}\n",
        "",
        1,
        "- id: start",
        "start does not answer ()",
    ),
    "an answer that does not exist": (
        "{on: [no], go: dry}",
        "{on: [no, maybe], go: dry}",
        1,
        "maybe",
        "angry has no answer maybe",
    ),
    "an answer twice": (
        "{on: [no], go: dry}",
        "{on: [no, yes], go: dry}",
        1,
        "- id: damaged",
        "damaged answers yes twice",
    ),
    "a circle": ("{on: [any], go: damaged}", "{on: [any], go: start}", 1, "- id: start", "on or before a circle"),
    "a step nobody reaches": (
        "{on: [yes], go: sorry}",
        "{on: [yes], go: dry}",
        1,
        "- id: sorry",
        "nothing leads to sorry",
    ),
    "a script not in its source": (
        'say: ["We are sorry."]',
        'say: ["We are so sorry."]',
        1,
        "so sorry",
        "RAI-3 says what no cited span has, letter for letter",
    ),
    "a script too long for a modal": ('say: ["We', f'say: ["{"We " * 1000}', 2, "We We", "length <= 2900"),
    "a citation of nothing": (
        "cites: [{id: RAI-3, span: D9-3}]",
        "cites: [{id: RAI-3, span: D9-4}]",
        1,
        "D9-4",
        "there is no span D9-4",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_it_is_refused_with_file_line_and_reason(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new, code, at, reason = MISTAKES[name]
    assert TEXT.count(old) == 1
    bad = TEXT.replace(old, new)
    draft, sources = tmp_path / "rain.yaml", tmp_path / "sources.yaml"
    draft.write_text(bad, encoding="utf-8")
    sources.write_bytes(msgspec.yaml.encode(rain_sources()))
    assert main(["verify", str(draft), "--sources", str(sources)]) == code
    captured = capsys.readouterr()
    line = bad[: bad.index(at)].count("\n") + 1
    (told,) = [each for each in (captured.out + captured.err).splitlines() if f"{draft}:{line}: " in each]
    assert reason in told


def test_the_same_file_without_a_mistake_is_proven(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draft, sources = tmp_path / "rain.yaml", tmp_path / "sources.yaml"
    draft.write_text(TEXT, encoding="utf-8")
    sources.write_bytes(msgspec.yaml.encode(rain_sources()))
    assert main(["verify", str(draft), "--sources", str(sources)]) == 0
    assert "proven" in capsys.readouterr().out
