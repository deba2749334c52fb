"""Settings in modals: a menu, and a form for each part with errors beside its fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from sop_core.settings import CHANNELS, PEOPLE, ROLES, VALUES
from sop_slack import blocks as b
from sop_slack.admin_fields import fields, given, role_title

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sop_core.settings import Settings
    from sop_slack.blocks import Block

MENU: Final = "admin_menu"
EDIT: Final = "admin_edit"
SAVE: Final = "admin_save"
PARTS: Final[dict[str, str]] = {
    "roles": "Who may do what",
    "people": "People the SOPs name",
    "channels": "Channels",
    "values": "Numbers and links",
    "calendar": "Office days and hours",
    "installers": "Installer contacts",
    "days": "How long things last",
}
EFFECT: Final = "A change is in effect everywhere within a minute, and kept with who made it: `/sop-admin audit`."
NOBODY: Final = "nobody"
OPTIONS: Final = 100
SHOWN: Final = 5


class Meta(msgspec.Struct, frozen=True):
    """The part of the settings that a form edits, and the version it was read at."""

    part: str
    version: int


def menu(settings: Settings, missing: Sequence[str]) -> Block:
    """Return the parts of the settings, with what is missing first."""
    shown: list[Block] = []
    if missing:
        shown += [b.section("⚠️ *Missing, with the effect it has*"), b.bullets(missing), b.divider()]
    for part, title in PARTS.items():
        edit = b.button("Edit", EDIT, part)
        shown.append(b.section(f"*{title}*\n{_summary(settings, part)}", accessory=edit, block_id=f"part:{part}"))
    return b.modal("Settings", [*shown, b.context(EFFECT)], callback_id=MENU)


def form(settings: Settings, part: str, version: int, groups: Mapping[str, str] | None = None) -> Block:
    """Return the form of one part; ``groups`` are the user groups by id (``None``: Slack does not list them)."""
    return b.modal(
        PARTS[part],
        fields(settings, part, groups),
        callback_id=SAVE,
        private_metadata=msgspec.json.encode(Meta(part, version)).decode(),
        submit="Save",
        close="Cancel",
    )


def read_form(part: str, values: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """Return the parts that a form sets, in the shape of a people file; what was left empty is left out."""
    return given(part, {block: next(iter(elements.values())) for block, elements in values.items()})


def errors(part: str, problems: Sequence[str], values: Mapping[str, object]) -> dict[str, str]:
    """Return each problem beside its field; one that names no field stands beside the first."""
    found: dict[str, str] = {}
    for problem in problems:
        name = problem.partition(":")[0].partition(" is ")[0]
        block = f"{name}.groups" if part == "roles" else name
        told = problem.removeprefix(f"{name}: ").replace(f"{name} is", "This is", 1)
        found[block if block in values else next(iter(values))] = told[:1].upper() + told[1:]
    return found


def group_options(groups: Mapping[str, str], typed: str) -> list[Block]:
    """Return the user groups whose name holds what was typed."""
    found = [(group, name) for group, name in groups.items() if typed.strip().casefold() in name.casefold()]
    return [b.option(name, group) for group, name in sorted(found, key=lambda pair: pair[1].casefold())][:OPTIONS]


def _summary(settings: Settings, part: str) -> str:
    match part:
        case "roles":
            return "\n".join(f"{role_title(role)}: {_holders(settings.roles.get(role, ()))}" for role in ROLES)
        case "people":
            return " · ".join(f"{name}: {_user(settings.people.get(name))}" for name in PEOPLE)
        case "channels":
            return " · ".join(f"{name}: {_channel(settings.channels.get(name))}" for name in CHANNELS)
        case "values":
            changed = sum(settings.values.get(name) != shipped for name, shipped in VALUES.items())
            return f"{len(VALUES)} in all, {changed} changed from what the SOPs say"
        case "calendar":
            days = settings.calendar
            return f"{', '.join(days.business_days)} · {days.opens:%H:%M} to {days.closes:%H:%M} · {days.zone}"
        case _:
            return _counts(settings, part)


def _counts(settings: Settings, part: str) -> str:
    if part == "installers":
        return f"{len(settings.installers)} known"
    runs, audit = settings.retention["runs"], settings.retention["audit"]
    fresh = settings.sheet_freshness_days
    return f"Runs {runs} days · audit {audit} days · a transfer sheet is fresh for {fresh} days"


def _holders(ids: Sequence[str]) -> str:
    shown = [b.mention_any(each) for each in ids[:SHOWN]]
    more = f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
    return f"{', '.join(shown)}{more}" if ids else NOBODY


def _user(user: str | None) -> str:
    return b.mention(user) if user else NOBODY


def _channel(channel: str | None) -> str:
    return f"<#{channel}>" if channel else "not set"
