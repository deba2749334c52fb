"""The audit on a screen: a range to choose, what was done in it page by page, and the way to a file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sop_core.audit import KIND_NAMES, Wanted
from sop_core.times import parse
from sop_slack import blocks as b
from sop_slack.admin import PARTS
from sop_slack.stories import DID

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sop_core.audit import Entry
    from sop_slack.blocks import Block

CALLBACK: Final = "audit_export"
PAGE: Final = "audit_page"
FROM, TO, KIND = "audit_from", "audit_to", "audit_kind"
EVERYTHING: Final = "all"
NOTHING: Final = "Nothing of this kind was done in these days. Choose other days above, then *Show*."
IDS: Final = re.compile(r"(?<![\w-])([UWSCG][A-Z0-9]{2,30})(?![\w-])")
LINKED: Final = ("roles.", "people.", "channels.")
"""The settings whose values are ids; of others an id would be a guess."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What the modal shows: the range, a page of entries, where the next begins, whether it is not the first."""

    wanted: Wanted
    entries: Sequence[Entry]
    rest: str | None
    turned: bool
    keep_days: int


def modal(shown: Shown, titles: Mapping[str, str]) -> Block:
    """Return the modal; ``titles`` are the procedures' titles by name."""
    return b.modal(
        "Audit",
        [
            *_range(shown.wanted),
            b.actions(b.button("Show", f"{PAGE}:show", "|"), block_id=f"{PAGE}s"),
            b.divider(),
            *(_line(entry, titles) for entry in shown.entries),
            *(() if shown.entries or shown.rest else (b.section(NOTHING),)),
            *_turns(shown),
            b.context(
                f"Times are in your zone here; in the file in the office's and in UTC. Entries are kept for "
                f"{shown.keep_days} days, what happened to a case for as long as the case."
            ),
        ],
        callback_id=CALLBACK,
        submit="Send as CSV",
    )


def read(values: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> tuple[Wanted | None, dict[str, str]]:
    """Return what is asked for, or what is wrong with it by field."""
    given = {block: next(iter(fields.values())) for block, fields in values.items()}
    first, last = (given.get(block, {}).get("selected_date") for block in (FROM, TO))
    errors = {block: "Choose a day." for block, day in ((FROM, first), (TO, last)) if not day}
    if first and last and first > last:
        errors = {TO: "The last day is before the first."}
    if errors or not first or not last:
        return None, errors
    kind = (given.get(KIND, {}).get("selected_option") or {}).get("value", EVERYTHING)
    return Wanted(first=first, last=last, kind=kind if kind in KIND_NAMES else ""), {}


def _range(wanted: Wanted) -> list[Block]:
    kinds = [b.option("Everything", EVERYTHING), *(b.option(name, kind) for kind, name in KIND_NAMES.items())]
    chosen = b.select("kind", kinds, placeholder="Kind", chosen=wanted.kind or EVERYTHING)
    return [
        b.field("From", {"type": "datepicker", "action_id": "day", "initial_date": wanted.first}, block_id=FROM),
        b.field("To", {"type": "datepicker", "action_id": "day", "initial_date": wanted.last}, block_id=TO),
        b.field("What", chosen, block_id=KIND),
    ]


def _turns(shown: Shown) -> list[Block]:
    turns = []
    if shown.turned:
        turns.append(b.button("Newest", f"{PAGE}:newest", "|"))
    if shown.rest:
        turns.append(b.button("Older", f"{PAGE}:older", shown.rest))
    return [b.actions(*turns, block_id=f"{PAGE}_turns")] if turns else []


def _line(entry: Entry, titles: Mapping[str, str]) -> Block:
    """Return an entry as literal text with people, groups and channels as Slack shows them: a modal pings nobody."""
    runs: list[Block] = [_who(entry.actor), b.words(f" {DID.get(entry.action, entry.action)} ")]
    if about := _about(entry, titles):
        runs.append(b.words(about, bold=True))
    if entry.detail:
        runs += [b.words(": " if about else ""), *_detail(entry)]
    runs += [b.words("\n"), _when(entry.at)]
    return b.rich_section(runs)


def _who(actor: str) -> Block:
    if re.fullmatch(r"[UW][A-Z0-9]{2,30}", actor):
        return {"type": "user", "user_id": actor}
    return b.words("SOP Desk" if actor == "clock" else actor, bold=True)


def _about(entry: Entry, titles: Mapping[str, str]) -> str:
    """Return what an entry is about; the ids of runs and sheets say nothing to a person."""
    match entry.kind:
        case "run" | "decision":
            return titles.get(entry.procedure, entry.procedure)
        case "sheet":
            return ""
        case "setting":
            part, _, name = entry.subject.partition(".")
            title = PARTS.get(part, PARTS["days"])
            return f"{title}, {name.replace('_', ' ')}" if name else title
        case "view" if entry.procedure:
            return titles.get(entry.procedure, entry.procedure)
        case "view" if not entry.subject.startswith("SOP-"):
            return ""
        case _:
            return entry.subject


def _detail(entry: Entry) -> list[Block]:
    if not (entry.kind == "case" or (entry.kind == "setting" and entry.subject.startswith(LINKED))):
        return [b.words(entry.detail)]
    parts = IDS.split(entry.detail)
    return [_linked(part) if place % 2 else b.words(part) for place, part in enumerate(parts) if part]


def _linked(found: str) -> Block:
    match found[0]:
        case "S":
            return {"type": "usergroup", "usergroup_id": found}
        case "C" | "G":
            return {"type": "channel", "channel_id": found}
        case _:
            return {"type": "user", "user_id": found}


def _when(at: str) -> Block:
    moment = parse(at)
    return {
        "type": "date",
        "timestamp": int(moment.timestamp()),
        "format": "{date_short_pretty} at {time_secs}",
        "fallback": f"{moment:%Y-%m-%d %H:%M:%S} UTC",
    }
