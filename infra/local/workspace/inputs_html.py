"""Interactive elements as HTML: native controls where there are any, one ARIA combobox for every list."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
from markupsafe import Markup

from infra.local.workspace.fields import TEXT_CHARACTERS, initial
from infra.local.workspace.html import el, field_id, join
from infra.local.workspace.mrkdwn import mrkdwn, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from infra.local.workspace.errors import Json
    from infra.local.workspace.reader import Reader

NATIVE = {
    "datepicker": "date",
    "timepicker": "time",
    "email_text_input": "email",
    "url_text_input": "url",
    "number_input": "text",
    "plain_text_input": "text",
}
CHOOSE = {"users_select": "Choose a person", "channels_select": "Choose a channel", "external_select": "Search"}


class Place(msgspec.Struct, frozen=True):
    """Where an element stands: in which view or message, block, and with which label."""

    scope: str
    block: Json
    reader: Reader
    label: str | None = None

    def id_of(self, element: Json) -> str:
        """The element id of a field's control."""
        return field_id(self.scope, self.block["block_id"], element["action_id"])


def text(value: Json | None, reader: Reader) -> Markup:
    """A text object."""
    if value is None:
        return Markup()
    if value["type"] == "plain_text":
        return plain(value["text"], emoji=value.get("emoji", True))
    return mrkdwn(value["text"], reader, verbatim=bool(value.get("verbatim")))


def element(element: Json, place: Place) -> Markup:
    """One interactive element."""
    return DRAWN.get(element["type"], _combo)(element, place)


def picture(image: Json) -> Markup:
    """A stand-in with the image's description: the workspace fetches nothing from outside."""
    return el("span", image.get("alt_text", ""), class_="picture", role="img", aria_label=image.get("alt_text"))


def option_list(options: Iterable[Json], groups: Iterable[Json] | None, reader: Reader) -> Markup:
    """The choices inside a listbox."""
    if groups is None:
        return join(*(_choice(option, reader) for option in options))
    return join(
        *(
            join(
                el("li", text(group["label"], reader), class_="choice-group", role="presentation"),
                *(_choice(option, reader) for option in group["options"]),
            )
            for group in groups
        )
    )


def _choice(option: Json, reader: Reader) -> Markup:
    label = option["text"]["text"]
    about = el("small", text(option["description"], reader)) if option.get("description") else None
    return el(
        "li",
        text(option["text"], reader),
        about,
        role="option",
        data_value=option["value"],
        data_label=label,
        aria_selected="false",
    )


def _field(element: Json, place: Place, *children: Markup | None, kind: str, extra: Json | None = None) -> Markup:
    return el(
        "div",
        *children,
        class_=f"field field-{kind}",
        data_kind=kind,
        data_type=element["type"],
        data_block_id=place.block["block_id"],
        data_action_id=element["action_id"],
        data_dispatch=_dispatch(element, place),
        **_confirm(element),
        **(extra or {}),
    )


def _dispatch(element: Json, place: Place) -> str | None:
    """When a change is sent to the app: in an input block only if asked for, elsewhere always."""
    if place.block["type"] == "input" and not place.block.get("dispatch_action"):
        return None
    if element["type"] not in {"plain_text_input", "email_text_input", "url_text_input", "number_input"}:
        return "change"
    wanted = (element.get("dispatch_action_config") or {}).get("trigger_actions_on") or ["on_enter_pressed"]
    return " ".join("character" if each == "on_character_entered" else "enter" for each in wanted)


def _confirm(element: Json) -> dict[str, str]:
    return {"data_confirm": json.dumps(element["confirm"])} if element.get("confirm") else {}


def _labelled(element: Json, place: Place) -> dict[str, str | None]:
    """The accessible name of a control: its label's element, or what its placeholder says."""
    if place.label:
        hints = f"{place.label}-hint {place.label}-error"
        return {"aria_labelledby": place.label, "aria_describedby": hints}
    hint = (element.get("placeholder") or {}).get("text") or element["type"].replace("_", " ")
    return {"aria_label": element.get("accessibility_label") or hint}


def _placeholder(element: Json) -> str | None:
    return (element.get("placeholder") or {}).get("text")


def _default_placeholder(element: Json) -> str:
    return CHOOSE.get(element["type"].removeprefix("multi_"), "Choose an option")


def _button(element: Json, place: Place) -> Markup:
    style = element.get("style")
    shared = {
        "class_": f"btn btn-{style}" if style else "btn",
        "data_kind": "button",
        "data_block_id": place.block["block_id"],
        "data_action_id": element["action_id"],
        "aria_label": element.get("accessibility_label"),
        **_confirm(element),
    }
    if element.get("url"):
        return el(
            "a",
            text(element["text"], place.reader),
            href=element["url"],
            target="_blank",
            rel="noopener noreferrer",
            **shared,
        )
    return el("button", text(element["text"], place.reader), type="button", value=element.get("value"), **shared)


def _overflow(element: Json, place: Place) -> Markup:
    items = [
        el(
            "button",
            text(option["text"], place.reader),
            type="button",
            role="menuitem",
            data_value=option["value"],
            data_url=option.get("url"),
        )
        for option in element["options"]
    ]
    opener = el(
        "button",
        "⋯",
        type="button",
        class_="btn overflow",
        aria_label="More actions",
        aria_haspopup="menu",
        aria_expanded="false",
    )
    return _field(element, place, opener, el("div", items, class_="menu", role="menu", hidden=True), kind="overflow")


def _listed(element: Json, place: Place) -> Markup:
    chosen = set(initial(element))
    kind = "radio" if element["type"] == "radio_buttons" else "checkbox"
    name = place.id_of(element)
    rows = [
        el(
            "label",
            el("input", type=kind, name=name, value=option["value"], checked=option["value"] in chosen),
            el(
                "span",
                text(option["text"], place.reader),
                el("small", text(option["description"], place.reader)) if option.get("description") else None,
            ),
            class_="choice",
        )
        for option in element["options"]
    ]
    role = "radiogroup" if kind == "radio" else "group"
    return _field(element, place, *rows, kind=kind, extra={"role": role, **_labelled(element, place)})


def _native(element: Json, place: Place) -> Markup:
    value = next(iter(initial(element)), None)
    shared = {
        "id": place.id_of(element),
        "class_": "box",
        "placeholder": _placeholder(element),
        "autofocus": bool(element.get("focus_on_load")),
        **_labelled(element, place),
        **_lengths(element),
    }
    count = el("span", class_="count", aria_hidden="true") if "maxlength" in shared else None
    if element.get("multiline"):
        # A browser drops the first line end inside a textarea.
        return _field(element, place, el("textarea", "\n" + (value or ""), rows=4, **shared), count, kind="text")
    mode = (
        ("decimal" if element.get("is_decimal_allowed") else "numeric") if element["type"] == "number_input" else None
    )
    control = el("input", type=NATIVE[element["type"]], value=value, inputmode=mode, autocomplete="off", **shared)
    return _field(element, place, control, count, kind="text")


def _lengths(element: Json) -> dict[str, int | None]:
    """How much a text field takes: the browser refuses to take more, as Slack does."""
    if element["type"] != "plain_text_input":
        return {}
    return {"minlength": element.get("min_length"), "maxlength": element.get("max_length", TEXT_CHARACTERS)}


def _files(element: Json, place: Place) -> Markup:
    accept = ",".join(f".{each}" for each in element.get("filetypes") or ()) or None
    most = element.get("max_files", 10)
    control = el(
        "input", type="file", id=place.id_of(element), accept=accept, multiple=most > 1, **_labelled(element, place)
    )
    hint = "One file, up to 10 MB" if most == 1 else f"Up to {most} files of 10 MB"
    drop = el("label", control, el("span", "Choose a file", class_="btn"), el("small", hint), class_="drop")
    return _field(element, place, drop, el("ul", class_="uploads"), kind="files", extra={"data_max": most})


def _combo(element: Json, place: Place) -> Markup:
    name = place.id_of(element)
    chosen = _chosen(element, place.reader)
    is_multi = element["type"].startswith("multi_")
    is_external = "external" in element["type"]
    options = Markup() if is_external else _local(element, place.reader)
    control = el(
        "input",
        type="text",
        role="combobox",
        id=name,
        class_="box",
        autocomplete="off",
        aria_expanded="false",
        aria_autocomplete="list",
        aria_controls=f"{name}-list",
        placeholder=_placeholder(element) or _default_placeholder(element),
        value=None if is_multi or not chosen else chosen[0]["label"],
        autofocus=bool(element.get("focus_on_load")),
        **_labelled(element, place),
    )
    listbox = el(
        "ul",
        options,
        role="listbox",
        id=f"{name}-list",
        class_="listbox",
        hidden=True,
        aria_label="Choices",
        aria_multiselectable="true" if is_multi else None,
    )
    extra = {
        "data_chosen": json.dumps(chosen),
        "data_multi": is_multi,
        "data_most": element.get("max_selected_items"),
        "data_least": element.get("min_query_length", 3) if is_external else None,
        "data_external": is_external,
    }
    return _field(element, place, el("div", class_="chips"), control, listbox, kind="combo", extra=extra)


def _local(element: Json, reader: Reader) -> Markup:
    kind = element["type"].removeprefix("multi_")
    if kind == "static_select":
        return option_list(element.get("options") or (), element.get("option_groups"), reader)
    return option_list([_named(value, label) for value, label in _named_choices(kind, reader)], None, reader)


def _named_choices(kind: str, reader: Reader) -> list[tuple[str, str]]:
    people = [(person.id, person.name) for person in reader.config.people]
    channels = [(channel.id, f"#{channel.name}") for channel in reader.config.channels]
    return {"users_select": people, "channels_select": channels}.get(kind, channels + people)


def _named(value: str, label: str) -> Json:
    return {"text": {"type": "plain_text", "text": label, "emoji": False}, "value": value}


def _chosen(element: Json, reader: Reader) -> list[dict[str, str]]:
    declared = element.get("initial_options") or [element.get("initial_option")]
    labels = {option["value"]: option["text"]["text"] for option in declared if option}
    names = dict(_named_choices("conversations_select", reader))
    return [{"value": value, "label": labels.get(value) or names.get(value, value)} for value in initial(element)]


def _picture(image: Json, _place: Place) -> Markup:
    return picture(image)


DRAWN: dict[str, Callable[[Json, Place], Markup]] = {
    "button": _button,
    "overflow": _overflow,
    "image": _picture,
    "radio_buttons": _listed,
    "checkboxes": _listed,
    "file_input": _files,
    **dict.fromkeys(NATIVE, _native),
}
