"""Slack's limits on interactive elements."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.workspace.errors import Json
    from infra.local.workspace.problems import Problems

OPTIONS = 100
TYPED = 3000


def check_element(element: Any, *, allowed: frozenset[str], at: Problems) -> None:  # noqa: ANN401  undecoded JSON
    """Report every fault of one element."""
    if not isinstance(element, dict):
        at.add("missing required field: element")
        return
    kind = element.get("type")
    if kind not in allowed:
        at.at("/type").add(f"unsupported type: {kind}")
        return
    at.at("/action_id").short(element.get("action_id"), 255)
    at.text(element, "placeholder", limit=150)
    if "confirm" in element:
        _confirm(element["confirm"], at.at("/confirm"))
    ELEMENT_RULES[kind](element, at)


def options_faults(options: list[Json], *, limit: int, at: Problems) -> None:
    """Report faults of an options list: its length, and the length of each text, value and description."""
    at.most_items(options, limit)
    at.least_items(options, 1)
    for index, option in enumerate(options):
        here = at.at(f"/{index}")
        here.text(option, "text", limit=75, mrkdwn=True, required=True)
        here.text(option, "description", limit=75, mrkdwn=True)
        here.at("/value").short(option.get("value"), 150, required=True)


def groups_faults(groups: list[Json], at: Problems) -> None:
    """Report faults of option groups."""
    at.most_items(groups, OPTIONS)
    for index, group in enumerate(groups):
        here = at.at(f"/{index}")
        here.text(group, "label", limit=75, required=True)
        options_faults(group.get("options") or [], limit=OPTIONS, at=here.at("/options"))


def _confirm(confirm: Json, at: Problems) -> None:
    at.text(confirm, "title", limit=100, required=True)
    at.text(confirm, "text", limit=300, mrkdwn=True, required=True)
    at.text(confirm, "confirm", limit=30, required=True)
    at.text(confirm, "deny", limit=30, required=True)
    at.at("/style").one_of(confirm.get("style"), ("primary", "danger"))


def _button(element: Json, at: Problems) -> None:
    at.text(element, "text", limit=75, required=True)
    at.at("/value").short(element.get("value"), 2000)
    at.at("/url").short(element.get("url"), 3000)
    at.at("/accessibility_label").short(element.get("accessibility_label"), 75)
    at.at("/style").one_of(element.get("style"), ("primary", "danger"))


def _static(element: Json, at: Problems) -> None:
    if ("options" in element) == ("option_groups" in element):
        at.add("must have exactly one of: options, option_groups")
        return
    groups = element.get("option_groups")
    options = element.get("options") or []
    if groups is not None:
        groups_faults(groups, at.at("/option_groups"))
        options = [option for group in groups for option in group.get("options") or []]
    else:
        options_faults(options, limit=OPTIONS, at=at.at("/options"))
    _initials_among(element, options, at)
    _most_selected(element, at)


def _initials_among(element: Json, options: list[Json], at: Problems) -> None:
    initial = element.get("initial_option")
    if initial is not None and initial not in options:
        at.at("/initial_option").add("must be one of the provided options")
    for index, option in enumerate(element.get("initial_options") or []):
        if option not in options:
            at.at(f"/initial_options/{index}").add("must be one of the provided options")


def _external(element: Json, at: Problems) -> None:
    initial = element.get("initial_option")
    initials = ([] if initial is None else [initial]) + (element.get("initial_options") or [])
    if initials:
        options_faults(initials, limit=OPTIONS, at=at.at("/initial_option"))
    _most_selected(element, at)


def _most_selected(element: Json, at: Problems) -> None:
    limit = element.get("max_selected_items")
    if limit is not None and (not isinstance(limit, int) or limit < 1):
        at.at("/max_selected_items").add("must be greater than 0")


def _listed(limit: int) -> Callable[[Json, Problems], None]:
    def rule(element: Json, at: Problems) -> None:
        options = element.get("options") or []
        options_faults(options, limit=limit, at=at.at("/options"))
        _initials_among(element, options, at)

    return rule


def _plain_text(element: Json, at: Problems) -> None:
    least, most = element.get("min_length", 0), element.get("max_length", TYPED)
    if not 0 <= least <= TYPED:
        at.at("/min_length").add(f"must be between 0 and {TYPED}")
    if not 1 <= most <= TYPED:
        at.at("/max_length").add(f"must be between 1 and {TYPED}")
    if least > most:
        at.at("/min_length").add("must not be more than max_length")
    at.at("/initial_value").short(element.get("initial_value"), TYPED)


def _date(element: Json, at: Problems) -> None:
    _shaped(element.get("initial_date"), r"\d{4}-\d\d-\d\d", at.at("/initial_date"))


def _time(element: Json, at: Problems) -> None:
    _shaped(element.get("initial_time"), r"([01]\d|2[0-3]):[0-5]\d", at.at("/initial_time"))


def _shaped(value: object, pattern: str, at: Problems) -> None:
    if value is not None and not (isinstance(value, str) and re.fullmatch(pattern, value)):
        at.add("has a wrong format")


def _number(element: Json, at: Problems) -> None:
    if not isinstance(element.get("is_decimal_allowed"), bool):
        at.add("missing required field: is_decimal_allowed")


def _files(element: Json, at: Problems) -> None:
    most = element.get("max_files", 10)
    if not isinstance(most, int) or not 1 <= most <= 10:  # noqa: PLR2004  Slack's limit, named in the message
        at.at("/max_files").add("must be between 1 and 10")


def _image(element: Json, at: Problems) -> None:
    at.at("/alt_text").short(element.get("alt_text"), 2000, required=True)
    if not element.get("image_url") and not element.get("slack_file"):
        at.add("missing required field: image_url or slack_file")


def _free(element: Json, at: Problems) -> None:
    _most_selected(element, at)


ELEMENT_RULES: dict[str, Callable[[Json, Problems], None]] = {
    "button": _button,
    "image": _image,
    "overflow": _listed(5),
    "radio_buttons": _listed(10),
    "checkboxes": _listed(10),
    "static_select": _static,
    "multi_static_select": _static,
    "external_select": _external,
    "multi_external_select": _external,
    "users_select": _free,
    "multi_users_select": _free,
    "conversations_select": _free,
    "multi_conversations_select": _free,
    "channels_select": _free,
    "multi_channels_select": _free,
    "plain_text_input": _plain_text,
    "number_input": _number,
    "email_text_input": _free,
    "url_text_input": _free,
    "datepicker": _date,
    "timepicker": _time,
    "file_input": _files,
}
