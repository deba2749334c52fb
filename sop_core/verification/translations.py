"""Translations: each is approved, of a script that is said as it was then, in a known language, once."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from sop_core.guidance import LANGUAGES
from sop_core.verification.problems import Problem, repeated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sop_core.procedure import ProcedureFile, Translation


def check_translations(file: ProcedureFile) -> Iterator[Problem]:
    """Yield every translation of ``file`` that must not be shown."""
    said = {script: step.id for node in file.nodes for step in node.steps for script in step.say}
    for index, each in enumerate(file.translations):
        place = f"$.translations[{index}]"
        yield from _language(each, place)
        yield from _script(each, said, f"{place}.script")
        yield from _text(each, f"{place}.text")
        if not each.approved_by.strip():
            yield Problem(f"{place}.approved_by", "a translation needs the name of who approved it")
        if each.approved_on > file.effective:
            message = f"approved on {each.approved_on}, after this version takes effect on {file.effective}"
            yield Problem(f"{place}.approved_on", message)
    for index, (_, language) in repeated((each.script, each.language) for each in file.translations):
        yield Problem(f"$.translations[{index}]", f"this script is translated twice to {language}")


def _language(each: Translation, place: str) -> Iterator[Problem]:
    if each.language not in LANGUAGES:
        known = ", ".join(f"{tag} ({name})" for tag, name in LANGUAGES.items())
        yield Problem(f"{place}.language", f"unknown language {each.language}: there is {known}")


def _script(each: Translation, said: Mapping[str, str], place: str) -> Iterator[Problem]:
    if each.script in said:
        return
    closest = get_close_matches(each.script, said, n=1)
    if closest:
        message = f"{said[closest[0]]} says other words now: its translation must be approved anew"
    else:
        message = "no step says this script, letter for letter"
    yield Problem(place, message)


def _text(each: Translation, place: str) -> Iterator[Problem]:
    if not each.text.strip():
        yield Problem(place, "a translation needs words")
    if each.text.strip() == each.script.strip():
        yield Problem(place, "the translation is the English itself")
    if "{" in each.text or "}" in each.text:
        yield Problem(place, "there is a setting in a translation: scripts never interpolate")
