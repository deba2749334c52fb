"""The app's Home tab: each person's queue, by role, and what they can do here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from sop_core.procedures import title
from sop_slack import blocks as b
from sop_slack.blocks import Block  # noqa: TC001 - msgspec reads the annotation
from sop_slack.case_lists import EMPTY, TITLES, of_many, pages, row
from sop_slack.run.overview import OpenRun, open_runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sop_core.cases.overview import CaseHead, Front, Overview
SHOW: Final = "home_show"
BAR: Final = 16
MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
HOME_TITLES: Final = TITLES | {
    "claimed": "🔵 Mine",
    "unclaimed": "🟡 Unclaimed",
    "due": "⏰ Due soon",
    "closed": "✅ Recently closed",
    "opened": "📁 My cases",
}
HOME_EMPTY: Final = EMPTY | {"due": "Nothing is due within a day."}
CAN_DO: Final = (
    (("agent", "back_office"), "📞 *Start a procedure*", "/sop"),
    (("agent", "back_office", "resolution_specialist", "lead"), "🔎 *Find a case*", "/cases name or number"),
    (("admin",), "📄 *Keep the transfer sheet current*", "/transfers upload"),
    (("admin",), "⚙️ *Roles, people, calendar*", "/sop-admin"),
    (("lead", "admin"), "📊 *The cases of a week as a workbook*", "/cases report week"),
)


class Section(msgspec.Struct, frozen=True):
    """A list on the Home tab; ``rest`` is where its next page begins, ``started`` whether there is one before.

    ``front`` is the count that a page of a long queue was taken from.
    """

    kind: str
    heads: tuple[CaseHead, ...]
    rest: str | None = None
    started: bool = False
    front: Front | None = None


class HomeScreen(msgspec.Struct, frozen=True, kw_only=True):
    """What the Home tab shows; ``only`` is the one list that somebody looks through."""

    roles: frozenset[str]
    now: str
    sections: tuple[Section, ...] = ()
    runs: tuple[OpenRun, ...] = ()
    overview: Overview | None = None
    missing: tuple[str, ...] = ()
    undelivered: tuple[Block, ...] = ()
    only: bool = False


def home(screen: HomeScreen) -> Block:
    """Return the Home tab."""
    shown: list[Block] = [b.header("SOP Desk")]
    if screen.only:
        shown += [part for section in screen.sections for part in _whole(section, now=screen.now)]
        return {"type": "home", "blocks": shown}
    shown += [*screen.undelivered, *_missing(screen.missing)]
    if screen.overview is not None:
        shown += _numbers(screen.overview)
    elif "lead" in screen.roles:
        shown += [b.section("*📊 All cases*"), b.context("They are counted every minute: open this again in a moment.")]
    shown += open_runs(screen.runs)
    for section in screen.sections:
        shown += _glance(section, now=screen.now)
    return {"type": "home", "blocks": [*shown, b.divider(), *_can_do(screen.roles)]}


def closed_home(sentence: str) -> Block:
    """Return the Home tab of someone without a role."""
    return {"type": "home", "blocks": [b.header("SOP Desk"), b.section(sentence)]}


def _glance(section: Section, *, now: str) -> list[Block]:
    all_of_it = b.button("See all", SHOW, f"{section.kind}|") if section.rest else None
    shown = [b.section(f"*{HOME_TITLES[section.kind]}*", accessory=all_of_it, block_id=f"home:{section.kind}")]
    shown += [row(head, now=now) for head in section.heads]
    if section.front:
        shown.append(of_many(section.front, section.kind))
    return shown if section.heads else [*shown, b.context(HOME_EMPTY[section.kind])]


def _whole(section: Section, *, now: str) -> list[Block]:
    back = b.button("Back to my Home", f"{SHOW}:back", "")
    shown = [
        b.section(f"*{HOME_TITLES[section.kind]}*", accessory=back),
        *(row(head, now=now) for head in section.heads),
    ]
    if not section.heads:
        shown.append(b.context(HOME_EMPTY[section.kind]))
    if section.front:
        shown.append(of_many(section.front, section.kind))
    turns = pages(SHOW, section.kind, rest=section.rest, started=section.started)
    return [*shown, turns] if turns else shown


def _numbers(numbers: Overview) -> list[Block]:
    states = numbers.states
    counts = [
        ("Waiting", str(states.get("open", 0))),
        ("Claimed", str(states.get("claimed", 0))),
        ("Returned", str(states.get("returned", 0))),
        ("Overdue", str(numbers.overdue)),
        ("Median time to claim", _duration(numbers.to_claim)),
        ("Median time to close", _duration(numbers.to_close)),
    ]
    shown = [b.section("*📊 All cases*"), b.fields(counts)]
    if numbers.oldest is not None:
        shown += [b.section("*The oldest*"), row(numbers.oldest, now=numbers.at)]
    if numbers.procedures:
        by_title = {title(name): count for name, count in numbers.procedures.items()}
        shown += [b.section("*By procedure*"), b.copyable(bars(by_title))]
    told = f"As of {b.time_in_reader_zone(numbers.at)}; medians over {numbers.days} days."
    lists = "`/cases returned` and `/cases overdue` list them."
    return [*shown, b.context(f"{told} {lists}"), b.divider()]


def bars(counts: dict[str, int]) -> str:
    """Return counts as bars drawn in text, as long as they are large."""
    widest = max(map(len, counts))
    most = max(counts.values())
    return "\n".join(
        f"{name.ljust(widest)}  {'█' * max(1, round(BAR * count / most))} {count}" for name, count in counts.items()
    )


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "no data yet"
    if seconds < MINUTE:
        return "under a minute"
    if seconds >= DAY:
        return f"{seconds / DAY:.1f} days"
    return f"{seconds / HOUR:.1f} hours" if seconds >= HOUR else f"{seconds / MINUTE:.0f} minutes"


def _missing(sentences: Sequence[str]) -> list[Block]:
    if not sentences:
        return []
    return [b.section("⚠️ *Settings that are missing*"), b.bullets(sentences), b.divider()]


def _can_do(roles: frozenset[str]) -> list[Block]:
    shown: list[Block] = []
    for who, what, command in CAN_DO:
        if roles & set(who):
            shown += [b.section(what), b.copyable(command)]
    return shown or [b.section("You have no role in SOP Desk yet. Ask an admin of SOP Desk to add you.")]
