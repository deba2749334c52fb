"""A long list of questions in pages: split between questions, never cut, each question once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sop_core.guidance import ChecklistGroup

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sop_core.guidance import Guidance

Page = tuple[ChecklistGroup, ...]

BESIDE_THE_CASE: Final = 6
"""So many questions stand on one page with the case's own fields; more have pages of their own."""

A_PAGE: Final = 15


def form_pages(guidance: Guidance) -> tuple[Page, ...]:
    """Return the pages of the form that an end needs. The last one holds the case's fields, below its questions."""
    groups = _once(guidance.checklist)
    if guidance.case is None or sum(len(group.questions) for group in groups) <= BESIDE_THE_CASE:
        return (groups,)
    return (*_packed(groups), ())


def _once(groups: Sequence[ChecklistGroup]) -> Page:
    """Leave out what an earlier group asks already, and groups that ask nothing."""
    seen: set[str] = set()
    kept = []
    for group in groups:
        questions = tuple(question for question in dict.fromkeys(group.questions) if question not in seen)
        seen.update(questions)
        if questions:
            kept.append(ChecklistGroup(group.group, questions))
    return tuple(kept)


def _packed(groups: Iterable[ChecklistGroup]) -> list[Page]:
    pages: list[list[ChecklistGroup]] = [[]]
    for part in (part for group in groups for part in _parts(group)):
        if sum(len(each.questions) for each in pages[-1]) + len(part.questions) > A_PAGE:
            pages.append([])
        pages[-1].append(part)
    return [tuple(page) for page in pages]


def _parts(group: ChecklistGroup) -> list[ChecklistGroup]:
    """Return a group as it is, or where it is longer than a page, in parts that say that they go on."""
    starts = range(0, len(group.questions), A_PAGE)
    names = [group.group if start == 0 else f"{group.group}, continued" for start in starts]
    return [
        ChecklistGroup(name, group.questions[start : start + A_PAGE]) for name, start in zip(names, starts, strict=True)
    ]
