"""Which project it is: the best matches, the search, and what was chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sop_core.transfers.found import CO_HOMEOWNER, SEEN
from sop_core.transfers.standing import standing
from sop_slack import blocks as b
from sop_slack.run.milestone import doubt
from sop_slack.run.screen import MATCHES_SHOWN

if TYPE_CHECKING:
    from sop_core.transfers.project import Project
    from sop_slack.blocks import Block
    from sop_slack.run.screen import RunScreen, Sheet

FACT: Final = "project"
UNSURE: Final = {
    "not_found": ("None of these", "Not in the transfer sheet"),
    "cannot_tell": ("Cannot tell", "Cannot tell which, or whether it is one"),
}
"""Answers to the project's fact that name no project: the button, and how the answer reads afterwards."""

LEAST_OF_A_NAME: Final = 10

CONFLICT: Final = (
    "⚠️ The sheet has this project id more than once, with different content: check which one the caller means, and "
    "ask who has the project."
)


def project(screen: RunScreen) -> list[Block]:
    """Return the chosen project, or the ways to choose one while it can still matter."""
    change = b.button("Change", "project_change", "change")
    if screen.project is not None:
        shown = b.typed_section(
            _described(screen.project, screen.installer_contact), accessory=change, block_id="project"
        )
        return [shown, *([b.section(CONFLICT)] if screen.project.conflict else []), *doubt(screen)]
    answer = screen.unsure
    if answer in UNSURE:
        return [b.section(f"*Project*\n{_unsure_words(answer, screen.sheet)}", accessory=change, block_id="project")]
    if screen.guidance.status == "done" and screen.guidance.case is None:
        return []
    return _picker(screen)


def _picker(screen: RunScreen) -> list[Block]:
    found = _matches(screen)
    prompt = "*Which project?*" if screen.asks_project else "*Which project?* Optional: it finds open cases."
    search = b.typeahead("project_search", placeholder="Name, address, phone or project id")
    shown = [*found, b.section(prompt, accessory=search, block_id=f"search:{len(found)}")]
    return [*shown, b.actions(*_unsure(screen), block_id="project_unsure")] if screen.asks_project else shown


def _unsure(screen: RunScreen) -> list[Block]:
    # A sheet that is missing or old proves nothing by what it lacks (INF-11).
    offered = ["cannot_tell"] if screen.sheet.warning else ["not_found", "cannot_tell"]
    return [b.button(UNSURE[answer][0], f"answer:{FACT}:{answer}", answer) for answer in offered]


def _matches(screen: RunScreen) -> list[Block]:
    if screen.searching:
        return [b.section("🔎 Searching the transfer sheet…")]
    if not screen.query or not (screen.matches or screen.sheet.is_searchable):
        return []
    if not screen.matches:
        return [b.typed_section(f"Nothing in {_sheet(screen.sheet)} looks like “{b.fit(screen.query, 200)}”.")]
    options = [project_option(each, screen.whys.get(each.key, "")) for each in screen.matches[:MATCHES_SHOWN]]
    how = "Best matches" if screen.sheet.is_searchable else "Exact matches only"
    asked = f"“{b.fit(screen.query, 200)}”"
    heading = b.typed_section(f"Nothing fits {asked} well. Only similar:" if screen.are_weak else f"{how} for {asked}")
    return [heading, b.actions(b.radio("project_choose", options), block_id="project_matches")]


def _sheet(sheet: Sheet) -> str:
    return f"the transfer sheet of {sheet.dated}" if sheet.dated else "the transfer sheet"


def _unsure_words(answer: str, sheet: Sheet) -> str:
    return f"Not in {_sheet(sheet)}" if answer == "not_found" else UNSURE[answer][1]


def project_option(each: Project, why: str = "") -> Block:
    """Return a project as a choice: who and where, then its id, with whom it is, and last why it is offered.

    Slack cuts both lines: of the first the name gives way to the street, of the second the reason is what is lost.
    """
    where = ", ".join(part for part in (each.address, each.city) if part)
    name = each.homeowner or each.project_id or "No name"
    room = max(LEAST_OF_A_NAME, b.OPTION_TEXT - len(" · ") - len(where))
    marked = "⚠️ in conflict" if each.conflict else None
    given = why.split(", ")
    by_co_homeowner = any(reason.startswith(CO_HOMEOWNER) for reason in given)
    partner = f"with {each.co_homeowner}" if by_co_homeowner and each.co_homeowner else None
    reasons = ", ".join(reason for reason in given if reason not in SEEN)
    return b.option(
        _joined(b.fit(name, room), where),
        each.key,
        _joined(each.project_id, marked, partner, standing(each).brief, reasons),
    )


def _described(each: Project, installer_contact: str) -> str:
    owners = " and ".join(name for name in (each.homeowner, each.co_homeowner) if name)
    where = ", ".join(part for part in (each.address, _town(each)) if part)
    reached = f"Installer's contact: {installer_contact}" if installer_contact else ""
    lines = (_joined(each.project_id, owners), where, _joined(standing(each).told, each.milestone), reached)
    return "\n".join(line for line in lines if line)


def _town(each: Project) -> str:
    return " ".join(part for part in (each.city, each.state, each.zip) if part)


def _joined(*parts: str | None) -> str:
    return " · ".join(part for part in parts if part)
