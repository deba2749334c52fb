"""The fields of the settings' forms, and what is read from them: two tables, an entry a part."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from sop_core.cases.deadlines import DEADLINES, WEEKDAYS
from sop_core.settings import CHANNELS, DUE, PEOPLE, RETENTION_BOUNDS, ROLES, SHEET_BOUNDS, VALUES
from sop_slack import blocks as b

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sop_core.settings import Settings
    from sop_slack.blocks import Block

    Given = Mapping[str, Mapping[str, Any]]
    """The element of each block of a form, as Slack sends it."""

GROUPS: Final = "admin_groups"


def fields(settings: Settings, part: str, groups: Mapping[str, str] | None) -> list[Block]:
    """Return the fields of one part; ``groups`` are the user groups by id (``None``: Slack does not list them)."""
    return _roles(settings, groups) if part == "roles" else FIELDS[part](settings)


def given(part: str, elements: Given) -> dict[str, Any]:
    """Return the parts that a form sets, in the shape of a people file; what was left empty is left out."""
    return _days_given(elements) if part == "days" else {part: GIVEN[part](elements)}


def role_title(role: str) -> str:
    """Return a role as people call it."""
    return role.replace("_", " ").capitalize()


def _roles(settings: Settings, known: Mapping[str, str] | None) -> list[Block]:
    shown = []
    for role in ROLES:
        ids = settings.roles.get(role, ())
        users = [each for each in ids if not each.startswith("S")]
        picker: Block = {"type": "multi_users_select", "action_id": "users"}
        picker = picker | ({"initial_users": users} if users else {})
        groups = [each for each in ids if each.startswith("S")]
        name = role_title(role)
        shown.append(b.field(name, picker, block_id=f"roles.{role}", optional=True))
        shown.append(_groups(f"{name}: user groups", f"roles.{role}.groups", groups, known))
    return shown


def _groups(name: str, block_id: str, chosen: Sequence[str], known: Mapping[str, str] | None) -> Block:
    """Return the field of user groups. Block Kit has no picker for them, so the app itself lists them by name."""
    if known is None:
        typed = b.text_input("groups", initial=" ".join(chosen), max_length=300)
        told = "Slack does not list the user groups right now; their ids work too: S… S…"
        return b.field(name, typed, block_id=block_id, optional=True, hint=told)
    picker: Block = {
        "type": "multi_external_select",
        "action_id": GROUPS,
        "min_query_length": 0,
        "placeholder": b.label("Choose user groups", 150),
    }
    options = [b.option(known.get(each, f"{each} (Slack knows it no more)"), each) for each in chosen]
    return b.field(name, picker | ({"initial_options": options} if options else {}), block_id=block_id, optional=True)


def _days(settings: Settings) -> list[Block]:
    fields = {
        "retention.runs": (
            "Runs are kept for (days)",
            settings.retention["runs"],
            "Answers and typed notes of a run. What was begun before the change goes on the day it was given then.",
            RETENTION_BOUNDS["runs"],
        ),
        "retention.audit": (
            "The audit is kept for (days)",
            settings.retention["audit"],
            "Runs, answers, views, files. What happened to a case stays with the case; changes of settings stay.",
            RETENTION_BOUNDS["audit"],
        ),
        "sheet_freshness_days": (
            "A transfer sheet is fresh for (days)",
            settings.sheet_freshness_days,
            "After that agents are warned that a project it lacks proves nothing.",
            SHEET_BOUNDS["sheet_freshness_days"],
        ),
        "sheet_loss_percent": (
            "Warn when a new sheet would lose more than (percent)",
            settings.sheet_loss_percent,
            "Of the projects that agents see, shown before the new sheet is activated.",
            SHEET_BOUNDS["sheet_loss_percent"],
        ),
    }
    return [
        b.field(name, _number(value, *bounds), block_id=block_id, hint=f"{hint} From {bounds[0]} to {bounds[1]}.")
        for block_id, (name, value, hint, bounds) in fields.items()
    ]


def _number(initial: int, least: int, most: int) -> Block:
    return {
        "type": "number_input",
        "action_id": "days",
        "is_decimal_allowed": False,
        "min_value": str(least),
        "max_value": str(most),
        "initial_value": str(initial),
    }


def _days_given(given: Given) -> dict[str, Any]:
    days = {name: _whole(given[name].get("value")) for name in ("retention.runs", "retention.audit")}
    return {
        "retention": {name.partition(".")[2]: value for name, value in days.items()},
        **{name: _whole(given[name].get("value")) for name in SHEET_BOUNDS},
    }


def _whole(typed: str | None) -> int | str:
    """Return what was typed as a number; what is none goes on as it is, to be refused with its field."""
    return int(typed) if typed and re.fullmatch(r"[0-9]{1,6}", typed.strip()) else (typed or "")


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


def _installers_given(given: Given) -> dict[str, str]:
    lines = (given["installers"].get("value") or "").splitlines()
    pairs = (line.partition(":") for line in lines if line.strip())
    return {name.strip(): contact for name, _, contact in pairs}


def _time(initial: str) -> Block:
    return {"type": "timepicker", "action_id": "time", "initial_time": initial}


def _members(given: Given, role: str) -> list[str]:
    element = given[f"roles.{role}.groups"]
    chosen = [str(option["value"]) for option in element.get("selected_options") or ()]
    groups = chosen or (element.get("value") or "").replace(",", " ").split()
    return [*(given[f"roles.{role}"].get("selected_users") or ()), *groups]


def _calendar_given(given: Given) -> dict[str, Any]:
    options = given["calendar.business_days"].get("selected_options") or ()
    return {
        "zone": (given["calendar.zone"].get("value") or "").strip(),
        "business_days": [option["value"] for option in options],
        "opens": given["calendar.opens"].get("selected_time"),
        "closes": given["calendar.closes"].get("selected_time"),
        "holidays": (given["calendar.holidays"].get("value") or "").strip().upper() or None,
        "closed": (given["calendar.closed"].get("value") or "").split(),
    }


def _roles_given(given: Given) -> dict[str, list[str]]:
    return {role: _members(given, role) for role in ROLES}


def _people_given(given: Given) -> dict[str, str]:
    chosen = {name: given[f"people.{name}"].get("selected_user") for name in PEOPLE}
    return {name: user for name, user in chosen.items() if user}


def _channels_given(given: Given) -> dict[str, str]:
    chosen = {name: given[f"channels.{name}"].get("selected_conversation") for name in CHANNELS}
    return {name: channel for name, channel in chosen.items() if channel}


def _values_given(given: Given) -> dict[str, str]:
    chosen = {name: _value_given(given[f"values.{name}"]) for name in VALUES}
    return {name: value for name, value in chosen.items() if value}


FIELDS: Final[dict[str, Callable[[Settings], list[Block]]]] = {
    "people": _people,
    "channels": _channels,
    "values": _values,
    "calendar": _calendar,
    "installers": _installers,
    "days": _days,
}
GIVEN: Final[dict[str, Callable[[Given], dict[str, Any]]]] = {
    "roles": _roles_given,
    "people": _people_given,
    "channels": _channels_given,
    "values": _values_given,
    "calendar": _calendar_given,
    "installers": _installers_given,
}
