"""From what a page reports about its fields to what Slack sends: ``state.values``, actions, faults."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sized
from typing import Any

import msgspec

from infra.local.workspace.errors import Json
from infra.local.workspace.limits import elements_of

Typed = Mapping[str, Mapping[str, list[str]]]
"""What a page reports: the values of every field, by block id and action id."""
TEXT_CHARACTERS = 3000
"""What a text field takes when the app sets no ``max_length``."""
TEXTS = {"plain_text_input", "number_input", "email_text_input", "url_text_input"}
SINGLE = {
    "users_select": ("selected_user", "initial_user"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
}
SEVERAL = {
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
}
ONE_OPTION = {"static_select", "external_select", "radio_buttons", "overflow"}
OPTIONS = {"multi_static_select", "multi_external_select", "checkboxes"}
STATEFUL = TEXTS | set(SINGLE) | set(SEVERAL) | OPTIONS | {"file_input"} | (ONE_OPTION - {"overflow"})
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
URL = re.compile(r"https?://\S+", re.IGNORECASE)
Offered = Mapping[tuple[str, str], Mapping[str, Json]]


class Lookup(msgspec.Struct, frozen=True):
    """Where the values of a page are found again: options that the app offered, and uploaded files."""

    offered: Offered
    file: Callable[[str], Json]


def fields_of(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Every stateful element with its block."""
    for block in blocks:
        for element in elements_of(block):
            if element["type"] in STATEFUL:
                yield block, element


def initial(element: Json) -> list[str]:
    """The values that a field has before anyone touches it."""
    kind = element["type"]
    if kind in TEXTS:
        return [str(element["initial_value"])] if element.get("initial_value") else []
    if kind in SINGLE:
        value = element.get(SINGLE[kind][1])
        return [value] if value else []
    if kind in SEVERAL:
        return list(element.get(SEVERAL[kind][1]) or ())
    chosen = element.get("initial_options") or ([element["initial_option"]] if element.get("initial_option") else [])
    return [option["value"] for option in chosen]


def state_values(blocks: list[Json], typed: Typed, lookup: Lookup) -> Json:
    """``state.values`` as Slack sends it."""
    values: Json = {}
    for block, element in fields_of(blocks):
        chosen = typed.get(block["block_id"], {}).get(element["action_id"], initial(element))
        values.setdefault(block["block_id"], {})[element["action_id"]] = element_state(
            block, element, chosen=chosen, lookup=lookup
        )
    return values


def element_state(block: Json, element: Json, *, chosen: list[str], lookup: Lookup) -> Json:
    """One field's state: its type, and what is typed or chosen."""
    kind = element["type"]
    first = chosen[0] if chosen and chosen[0] else None
    if kind in TEXTS:
        return {"type": kind, "value": first}
    if kind in SINGLE:
        return {"type": kind, SINGLE[kind][0]: first}
    if kind in SEVERAL:
        return {"type": kind, SEVERAL[kind][0]: chosen}
    if kind == "file_input":
        return {"type": kind, "files": [lookup.file(each) for each in chosen]}
    known = _options(block, element, lookup.offered)
    options = [known[value] for value in chosen if value in known]
    if kind in OPTIONS:
        return {"type": kind, "selected_options": options}
    return {"type": kind, "selected_option": options[0] if options else None}


def action(block: Json, element: Json, *, chosen: list[str], lookup: Lookup, now: float) -> Json:
    """An entry of ``actions`` in a ``block_actions`` payload."""
    base = {"action_id": element["action_id"], "block_id": block["block_id"], "action_ts": f"{now:.6f}"}
    if element["type"] == "button":
        return {"type": "button", **_kept(element, "text", "value", "style", "url"), **base}
    state = element_state(block, element, chosen=chosen, lookup=lookup)
    return {**state, **_kept(element, "placeholder"), **base}


def faults(blocks: list[Json], values: Json) -> dict[str, str]:
    """What Slack's own client refuses to submit, by block id."""
    found: dict[str, str] = {}
    for block, element in fields_of(blocks):
        if block["type"] != "input":
            continue
        fault = _fault(block, element, values[block["block_id"]][element["action_id"]])
        if fault:
            found[block["block_id"]] = fault
    return found


def find(blocks: list[Json], block_id: str, action_id: str) -> tuple[Json, Json] | None:
    """The element with these ids, with its block."""
    for block in blocks:
        if block.get("block_id") != block_id:
            continue
        for element in elements_of(block):
            if element.get("action_id") == action_id:
                return block, element
    return None


def remembered(answer: Json) -> dict[str, Json]:
    """The options of a ``block_suggestion`` answer, by value."""
    groups = answer.get("option_groups") or [{"options": answer.get("options") or []}]
    return {option["value"]: option for group in groups for option in group["options"]}


def _kept(element: Json, *keys: str) -> Json:
    return {key: element[key] for key in keys if key in element}


def _options(block: Json, element: Json, offered: Offered) -> dict[str, Json]:
    own = {option["value"]: option for option in _declared(element)}
    return {**offered.get((block["block_id"], element["action_id"]), {}), **own}


def _declared(element: Json) -> list[Json]:
    groups = element.get("option_groups") or [{"options": element.get("options") or []}]
    initials = element.get("initial_options") or ([element["initial_option"]] if element.get("initial_option") else [])
    return [option for group in groups for option in group["options"]] + initials


def _fault(block: Json, element: Json, state: Json) -> str | None:
    value = next(held for key, held in state.items() if key != "type")
    if not value:
        return None if block.get("optional") else "Please complete this required field."
    return CHECKS.get(element["type"], _count_fault)(element, value)


def _count_fault(element: Json, value: Sized) -> str | None:
    most = element.get("max_selected_items", len(value))
    return f"Choose at most {most}." if len(value) > most else None


def _files_fault(element: Json, value: Sized) -> str | None:
    most = element.get("max_files", 10)
    return f"Attach at most {most} files." if len(value) > most else None


def _email_fault(_element: Json, value: str) -> str | None:
    return None if EMAIL.fullmatch(value) else "Enter a valid email address."


def _url_fault(_element: Json, value: str) -> str | None:
    return None if URL.fullmatch(value) else "Enter a valid URL, with http:// or https://."


def _length_fault(element: Json, value: str) -> str | None:
    least, most = element.get("min_length", 0), element.get("max_length", TEXT_CHARACTERS)
    if len(value) < least:
        return f"Use at least {least} characters."
    if len(value) > most:
        return f"Use at most {most} characters; these are {len(value)}."
    return None


def _number_fault(element: Json, value: str) -> str | None:
    shape = r"-?\d+(\.\d+)?" if element["is_decimal_allowed"] else r"-?\d+"
    if not re.fullmatch(shape, value):
        return "Enter a number." if element["is_decimal_allowed"] else "Enter a whole number."
    least, most = element.get("min_value"), element.get("max_value")
    if least is not None and float(value) < float(least):
        return f"Enter a number of at least {least}."
    if most is not None and float(value) > float(most):
        return f"Enter a number of at most {most}."
    return None


CHECKS: dict[str, Callable[[Json, Any], str | None]] = {
    "plain_text_input": _length_fault,
    "number_input": _number_fault,
    "email_text_input": _email_fault,
    "url_text_input": _url_fault,
    "file_input": _files_fault,
}
