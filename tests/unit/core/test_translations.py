"""A script may carry an approved translation; one that is not approved, or not of this script, is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from sop_core import procedures
from sop_core.__main__ import main
from sop_core.compiler import compile_procedure, digest
from sop_core.guidance import Translation, guidance, render
from sop_core.procedure import ProcedureFile
from sop_core.procedures import reading
from sop_core.procedures.reading import BadFile, read_procedure
from sop_core.reports import diff, guide, tables
from sop_core.settings import Settings
from sop_core.verification import verify
from tests.builders.procedures import TEXT, TRANSLATED, rain_file, rain_sources

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SORRY = {"damage": "roof", "angry": "yes"}
FULL = TEXT + TRANSLATED


def problems(text: str) -> list[tuple[int, str]]:
    """Return what keeps ``text`` from being published: line and reason."""
    try:
        file, lines = read_procedure(text, file="rain.yaml")
    except BadFile as refused:
        return [(refused.line, refused.reason)]
    found = verify(file, rain_sources(text)).problems
    return [(lines.of(problem.place), problem.message) for problem in found]


def line_of(text: str, words: str) -> int:
    return text[: text.index(words)].count("\n") + 1


def test_an_approved_translation_is_proven_and_counted() -> None:
    report = verify(rain_file(FULL), rain_sources())
    assert (report.problems, report.counts.translations) == ((), 1)


def test_the_translation_stands_beside_its_english() -> None:
    told = render(guidance(compile_procedure(rain_file(FULL), rain_sources()), SORRY), Settings.default())
    asked, sorry = told.steps
    assert asked.translations == ()
    assert sorry.say == ("We are sorry.",)
    assert sorry.translations == (Translation("We are sorry.", "es", "Lo sentimos.", "Ana Ruiz", "2026-01-01"),)


def test_the_command_line_gives_it_beside_the_english() -> None:
    told = guidance(compile_procedure(rain_file(FULL), rain_sources()), SORRY)
    step = json.loads(msgspec.json.encode(guide.as_json(told, "hash")))["steps"][1]
    assert step["say"] == ["We are sorry."]
    assert step["translations"] == [
        {
            "script": "We are sorry.",
            "language": "es",
            "text": "Lo sentimos.",
            "approved_by": "Ana Ruiz",
            "approved_on": "2026-01-01",
        }
    ]
    assert "  Spanish   “Lo sentimos.” (approved by Ana Ruiz, 2026-01-01)" in guide.as_text(told)


@pytest.mark.parametrize("name", procedures.names())
def test_none_is_invented(name: str) -> None:
    assert reading.find(name).file.translations == ()


def test_the_hash_of_a_procedure_covers_its_translations() -> None:
    texts = (TEXT, FULL, FULL.replace("Lo sentimos.", "Lo lamentamos."), FULL.replace("Ana Ruiz", "Eva Gil"))
    assert len({digest(rain_file(text), rain_sources()) for text in texts}) == len(texts)


def test_a_change_of_a_translation_is_told_and_its_page_shows_it() -> None:
    for old, new in ((TEXT, FULL), (FULL, TEXT), (FULL, FULL.replace("Lo sentimos.", "Lo lamentamos."))):
        found = diff.in_words(diff.changes(rain_file(old), rain_file(new)))
        assert "RAI-3 is translated otherwise" in found
    row = "| We are sorry. | Spanish | Lo sentimos. | Ana Ruiz | 2026-01-01 |"
    report = verify(rain_file(FULL), rain_sources())
    assert row in tables.page(rain_file(FULL), rain_sources(), report)


@pytest.mark.parametrize(
    ("old", "new", "at", "reason"),
    [
        ("    approved_by: Ana Ruiz\n", "", "  - script", "missing required field `approved_by`"),
        ("    approved_on: 2026-01-01\n", "", "  - script", "missing required field `approved_on`"),
        ("by: Ana Ruiz", 'by: " "', 'by: " "', "needs the name of who approved it"),
        ("on: 2026-01-01", "on: soon", "on: soon", "Invalid RFC3339"),
        ("on: 2026-01-01", "on: 2026-01-03", "on: 2026-01-03", "after this version takes effect on 2026-01-02"),
        ("language: es", "language: sp", "language: sp", "unknown language sp: there is es (Spanish)"),
        ("language: es", "language: Español", "language: Español", "matching regex"),
        ('"Lo sentimos."', '""', 'text: ""', "length >= 1"),
        ('"Lo sentimos."', '" "', 'text: " "', "a translation needs words"),
        ('"Lo sentimos."', f'"{"a" * 2901}"', "text: ", "length <= 2900"),
        ('"Lo sentimos."', '"We are sorry."', 'text: "We', "the translation is the English itself"),
        ('"Lo sentimos."', '"Lo {sentimos}."', "text: ", "scripts never interpolate"),
        ('script: "We are sorry."', 'script: "Good day."', "script: ", "no step says this script, letter for letter"),
        ('say: ["We are sorry."]', 'say: ["We are so sorry."]', "  - script", "RAI-3 says other words now"),
        ("    language", "    who: me\n    language", "    who", "unknown field `who`"),
    ],
)
def test_a_translation_that_must_not_be_shown_is_refused(old: str, new: str, at: str, reason: str) -> None:
    assert FULL.count(old) == 1
    text = FULL.replace(old, new)
    (found,) = problems(text)
    after = text.index("translations:")
    assert found[0] == text.count("\n", 0, text.index(at, after)) + 1
    assert reason in found[1]


def test_a_script_is_translated_once_to_a_language() -> None:
    twice = FULL + TRANSLATED.removeprefix("translations:\n")
    assert [reason for _, reason in problems(twice)] == ["this script is translated twice to es"]


def test_one_thing_changed_in_a_translation_is_always_caught() -> None:
    whole: dict[str, Any] = msgspec.to_builtins(rain_file(FULL))
    assert [label for label, mutant in mutants(whole) if not refused(mutant)] == []


def mutants(of: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the file with one thing of its translation removed, emptied, cut or swapped with another."""
    (one,) = of["translations"]
    changes = [
        *((f"without {gone}", {name: value for name, value in one.items() if name != gone}) for gone in one),
        *((f"{name} is {nothing!r}", one | {name: nothing}) for name in one for nothing in ("", None)),
        *((f"{name} cut", one | {name: one[name][:-1]}) for name in ("script", "language", "approved_on")),
        ("script and text swapped", one | {"script": one["text"], "text": one["script"]}),
        ("text from the script", one | {"text": one["script"]}),
        ("another script", one | {"script": "Did it pour?"}),
    ]
    yield from ((label, of | {"translations": [changed]}) for label, changed in changes)


def refused(changed: dict[str, Any]) -> bool:
    try:
        file = msgspec.convert(changed, ProcedureFile)
    except msgspec.ValidationError:
        return True
    return bool(verify(file, rain_sources()).problems)


def test_the_command_line_refuses_it_with_file_line_and_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = (reading.HERE / "infinity.yaml").read_text(encoding="utf-8")
    script = next(script for step in procedures.load("infinity").steps() for script in step.say)
    added = shipped + TRANSLATED.replace("We are sorry.", script[:-1].replace('"', '\\"') + "!")
    draft = tmp_path / "draft.yaml"
    draft.write_text(added, encoding="utf-8")
    assert main(["verify", str(draft)]) == 1
    line = line_of(added, "  - script:")
    assert f"draft.yaml:{line}: INF-" in (out := capsys.readouterr().out)
    assert "its translation must be approved anew" in out
