"""The form at an end that opens a case: in the order of the call, and in pages where there is much to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sop_slack import blocks as b
from sop_slack.cards import DETAILS, case_button
from sop_slack.notes import checklist_field, note_field
from sop_slack.run.pages import form_pages
from sop_slack.run.picker import project
from sop_slack.run.questions import so_far
from sop_slack.run.steps import before_the_questions, closing, staying

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sop_core.guidance import CaseDraft
    from sop_slack.blocks import Block
    from sop_slack.run.pages import Page
    from sop_slack.run.screen import RunScreen

BACK: Final = "form_back"
OPEN_CASES_SHOWN: Final = 3


def is_last_page(screen: RunScreen) -> bool:
    """Return whether the page in front ends the form."""
    return screen.page >= len(form_pages(screen.guidance)) - 1


def form(screen: RunScreen, draft: CaseDraft) -> list[Block]:
    """Return the page in front: what to say and do first, then the questions; on the last one the case's fields.

    What was answered so far stands at the foot of the first.
    """
    pages = form_pages(screen.guidance)
    page = min(screen.page, len(pages) - 1)
    shown: list[Block] = []
    if page == 0:
        shown += [*project(screen), *before_the_questions(screen)]
    else:
        shown += staying(screen)
    if len(pages) > 1:
        shown += _where(page, len(pages))
    shown += _questions(pages[page], screen)
    if page == len(pages) - 1:
        shown += [*closing(screen), *open_cases(screen), *_fields(screen, draft)]
    return shown + (so_far(screen) if page == 0 else [])


def open_cases(screen: RunScreen) -> list[Block]:
    """Return the open cases of the project, which a new one may double."""
    opens_another = screen.guidance.case is not None
    advice = " Open another only if this is a new matter." if opens_another else ""
    start = "⚠️ This project already has an open case" if opens_another else "📄 An open case of this project"
    return [
        b.section(
            f"{start}: `{case.id}` {b.escape(case.description)}, {case.state}, due "
            f"{b.deadline(case.due_at, screen.zone)}.{advice}",
            accessory=case_button(case, DETAILS),
            block_id=f"open:{case.id}",
        )
        for case in screen.open_cases[:OPEN_CASES_SHOWN]
    ]


def _where(page: int, of: int) -> list[Block]:
    what = "The case" if page == of - 1 else "Questions"
    shown: list[Block] = [b.section(f"*{what}* · page {page + 1} of {of}")]
    if page:
        shown.append(b.actions(b.button("Back", BACK, str(page))))
    return shown


def _questions(page: Page, screen: RunScreen) -> list[Block]:
    shown: list[Block] = []
    for group in page:
        shown += [b.divider(), *b.sections(group.group, bold=True)]
        for question in group.questions:
            shown += checklist_field(question, screen.notes.get(question, ""))
    return shown


def _fields(screen: RunScreen, draft: CaseDraft) -> list[Block]:
    """Return the case's fields: first what it needs or the project fills in, then what may have come up."""
    extra = [name for name in draft.notes if name in draft.optional and name not in draft.from_project]
    needed = [name for name in draft.notes if name not in extra]
    shown = [b.divider(), b.section("*For the case*"), *_note_fields(needed, screen, draft)] if needed else []
    return shown + ([b.divider(), b.section("*If it came up*"), *_note_fields(extra, screen, draft)] if extra else [])


def _note_fields(names: Sequence[str], screen: RunScreen, draft: CaseDraft) -> list[Block]:
    # A field keeps what stands in it as long as its id stays, so another project's fields have other ids.
    project = screen.project.key if screen.project else ""
    of = dict.fromkeys(draft.from_project, project)
    facts = screen.guidance.facts
    of |= {name: repr([facts.get(fact) for fact in asked]) for name, asked in draft.from_answers}
    return [
        note_field(
            name,
            screen.notes.get(name, ""),
            optional=name in draft.optional,
            of=of.get(name, ""),
        )
        for name in names
    ]
