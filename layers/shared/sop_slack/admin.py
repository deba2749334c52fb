"""Settings in modals: a menu, a form for each part with errors beside its fields, and the story of changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from sop_core.cases.deadlines import DEADLINES, WEEKDAYS
from sop_core.settings import CHANNELS, DUE, PEOPLE, ROLES, VALUES
from sop_slack import blocks as b
from sop_slack.blocks import Message

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
}
EFFECT: Final = "A change is in effect everywhere within a minute, and kept with who made it: `/sop-admin audit`."
NOBODY: Final = "nobody"


class Meta(msgspec.Struct, frozen=True):
    """The part of the settings that a form edits, and the version it was read at."""

    part: str
    version: int


class Change(msgspec.Struct, frozen=True):
    """One change of the settings: who, when, and what became of which setting."""

    version: int
    actor: str
    at: str
    lines: tuple[str, ...]


def menu(settings: Settings, missing: Sequence[str]) -> Block:
    """Return the parts of the settings, with what is missing first."""
    shown: list[Block] = []
    if missing:
        shown += [b.section("⚠️ *Missing, with the effect it has*"), b.bullets(missing), b.divider()]
    for part, title in PARTS.items():
        edit = b.button("Edit", EDIT, part)
        shown.append(b.section(f"*{title}*\n{_summary(settings, part)}", accessory=edit, block_id=f"part:{part}"))
    return b.modal("Settings", [*shown, b.context(EFFECT)], callback_id=MENU)


def form(settings: Settings, part: str, version: int) -> Block:
    """Return the form of one part."""
    fields = {
        "roles": _roles,
        "people": _people,
        "channels": _channels,
        "values": _values,
        "calendar": _calendar,
        "installers": _installers,
    }
    return b.modal(
        PARTS[part],
        fields[part](settings),
        callback_id=SAVE,
        private_metadata=msgspec.json.encode(Meta(part, version)).decode(),
        submit="Save",
        close="Cancel",
    )


def read_form(part: str, values: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """Return what a form says, in the shape of a people file; what was left empty is left out."""
    given = {block: next(iter(fields.values())) for block, fields in values.items()}
    match part:
        case "roles":
            return {role: _members(given, role) for role in ROLES}
        case "people":
            chosen = {name: given[f"people.{name}"].get("selected_user") for name in PEOPLE}
        case "channels":
            chosen = {name: given[f"channels.{name}"].get("selected_conversation") for name in CHANNELS}
        case "values":
            chosen = {name: _value_given(given[f"values.{name}"]) for name in VALUES}
        case "installers":
            return _installers_given(given)
        case _:
            return _calendar_given(given)
    return {name: value for name, value in chosen.items() if value}


def errors(part: str, problems: Sequence[str], values: Mapping[str, object]) -> dict[str, str]:
    """Return each problem beside its field; one that names no field stands beside the first."""
    found: dict[str, str] = {}
    for problem in problems:
        name = problem.partition(":")[0].partition(" is ")[0]
        block = f"{name}.groups" if part == "roles" else name
        found[block if block in values else next(iter(values))] = problem
    return found


def history(changes: Sequence[Change]) -> Message:
    """Return the latest changes of the settings."""
    shown: list[Block] = [b.section("*The latest changes of the settings*")]
    for change in changes:
        by = b.mention(change.actor) if change.actor[:1] in "UW" and change.actor[1:2].isalnum() else change.actor
        shown.append(b.section(f"*{change.version}* · {by} · {b.time_in_reader_zone(change.at)}"))
        shown.append(b.bullets(change.lines or ("Nothing that is shown here.",)))
    if not changes:
        shown.append(b.section("Nobody has changed them yet: they are the shipped ones."))
    return Message(text=f"{len(changes)} changes of the settings.", blocks=tuple(shown))


def _summary(settings: Settings, part: str) -> str:
    match part:
        case "roles":
            counts = [f"{role.replace('_', ' ')} {len(settings.roles.get(role, ()))}" for role in ROLES]
            return " · ".join(counts)
        case "people":
            return " · ".join(f"{name}: {_user(settings.people.get(name))}" for name in PEOPLE)
        case "channels":
            return " · ".join(f"{name}: {_channel(settings.channels.get(name))}" for name in CHANNELS)
        case "values":
            changed = sum(settings.values.get(name) != shipped for name, shipped in VALUES.items())
            return f"{len(VALUES)} in all, {changed} changed from what the SOPs say"
        case "installers":
            return f"{len(settings.installers)} known"
        case _:
            days = settings.calendar
            return f"{', '.join(days.business_days)} · {days.opens:%H:%M} to {days.closes:%H:%M} · {days.zone}"


def _user(user: str | None) -> str:
    return b.mention(user) if user else NOBODY


def _channel(channel: str | None) -> str:
    return f"<#{channel}>" if channel else "not set"


def _roles(settings: Settings) -> list[Block]:
    shown = []
    for role in ROLES:
        ids = settings.roles.get(role, ())
        users = [each for each in ids if not each.startswith("S")]
        picker: Block = {"type": "multi_users_select", "action_id": "users"}
        picker = picker | ({"initial_users": users} if users else {})
        groups = b.text_input("groups", initial=" ".join(each for each in ids if each.startswith("S")), max_length=300)
        name = role.replace("_", " ").capitalize()
        shown.append(b.field(name, picker, block_id=f"roles.{role}", optional=True))
        shown.append(
            b.field(f"{name}: user groups", groups, block_id=f"roles.{role}.groups", optional=True, hint="Ids: S… S…")
        )
    return shown


def _people(settings: Settings) -> list[Block]:
    return [_picker(name, f"people.{name}", "users_select", "user", settings.people.get(name)) for name in PEOPLE]


def _channels(settings: Settings) -> list[Block]:
    return [
        _picker(
            f"{name.capitalize()} (cases are posted there)",
            f"channels.{name}",
            "conversations_select",
            "conversation",
            settings.channels.get(name),
        )
        for name in CHANNELS
    ]


def _picker(name: str, block_id: str, kind: str, of: str, chosen: str | None) -> Block:
    element: Block = {"type": kind, "action_id": "chosen"}
    return b.field(name, element | ({f"initial_{of}": chosen} if chosen else {}), block_id=block_id, optional=True)


def _values(settings: Settings) -> list[Block]:
    return [
        b.field(
            name.replace("_", " ").capitalize(),
            _deadline(settings, name)
            if name in DUE
            else b.text_input("value", initial=settings.values.get(name, ""), max_length=300),
            block_id=f"values.{name}",
            optional=True,
            hint=f"The SOPs say: {shipped}",
        )
        for name, shipped in VALUES.items()
    ]


def _deadline(settings: Settings, name: str) -> Block:
    options = [b.option(rule.replace("_", " ").capitalize(), rule) for rule in DEADLINES]
    chosen = [option for option in options if option["value"] == settings.values.get(name)]
    menu = b.select("rule", options, placeholder="When it is due")
    return menu | ({"initial_option": chosen[0]} if chosen else {})


def _value_given(element: Mapping[str, Any]) -> str | None:
    chosen = element.get("selected_option")
    return str(chosen["value"]) if chosen else element.get("value")


def _calendar(settings: Settings) -> list[Block]:
    days = settings.calendar
    options = [b.option(day.capitalize(), day) for day in WEEKDAYS]
    boxes: Block = {
        "type": "checkboxes",
        "action_id": "days",
        "options": options,
        "initial_options": [option for option in options if option["value"] in days.business_days],
    }
    closed = "\n".join(day.isoformat() for day in days.closed)
    return [
        b.field("Time zone", b.text_input("zone", initial=days.zone), block_id="calendar.zone"),
        b.field("Business days", boxes, block_id="calendar.business_days"),
        b.field("Opens", _time(f"{days.opens:%H:%M}"), block_id="calendar.opens"),
        b.field("Closes", _time(f"{days.closes:%H:%M}"), block_id="calendar.closes"),
        b.field(
            "Public holidays of",
            b.text_input("country", initial=days.holidays or ""),
            block_id="calendar.holidays",
            optional=True,
            hint="A country code such as US; empty: none are kept.",
        ),
        b.field(
            "Closed besides",
            b.text_input("closed", initial=closed, multiline=True),
            block_id="calendar.closed",
            optional=True,
            hint="One date a line, such as 2026-12-24.",
        ),
    ]


def _installers(settings: Settings) -> list[Block]:
    known = "\n".join(f"{name}: {contact}" for name, contact in settings.installers.items())
    return [
        b.field(
            "Installers",
            b.text_input("installers", initial=known, multiline=True),
            block_id="installers",
            optional=True,
            hint="One a line, its name as the transfer sheet has it: LGCY Installation Services, LLC: (800) 555-0104",
        )
    ]


def _installers_given(given: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    lines = (given["installers"].get("value") or "").splitlines()
    pairs = (line.partition(":") for line in lines if line.strip())
    return {name.strip(): contact for name, _, contact in pairs}


def _time(initial: str) -> Block:
    return {"type": "timepicker", "action_id": "time", "initial_time": initial}


def _members(given: Mapping[str, Mapping[str, Any]], role: str) -> list[str]:
    groups = (given[f"roles.{role}.groups"].get("value") or "").replace(",", " ").split()
    return [*(given[f"roles.{role}"].get("selected_users") or ()), *groups]


def _calendar_given(given: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    options = given["calendar.business_days"].get("selected_options") or ()
    return {
        "zone": (given["calendar.zone"].get("value") or "").strip(),
        "business_days": [option["value"] for option in options],
        "opens": given["calendar.opens"].get("selected_time"),
        "closes": given["calendar.closes"].get("selected_time"),
        "holidays": (given["calendar.holidays"].get("value") or "").strip().upper() or None,
        "closed": (given["calendar.closed"].get("value") or "").split(),
    }
