"""Forms filled in and questions answered as they come: by what stands in the view, not by what a test knows of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from tests.builders.people import TOM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.standin.person import Json, Person

    Says = Callable[[str, int], str]
    """What a person types into a field of a name that holds so many characters."""

PHONE: Final = "2675550185"
SOONER: Final = {"caller_type": "homeowner", "authenticated": "yes", "transfer_answered": "no", "customer_asked": "no"}
"""Answers of the way that ends in a case; where none is named, the first."""
HELD: Final = {
    "initial_users": "selected_users",
    "initial_user": "selected_user",
    "initial_conversation": "selected_conversation",
    "initial_value": "value",
    "initial_time": "selected_time",
    "initial_date": "selected_date",
    "initial_options": "selected_options",
    "initial_option": "selected_option",
}
STEPS: Final = 60


def fill(person: Person, says: Says, *, files: Json | None = None, **chosen: Json) -> Json:
    """Submit the modal in front with every field filled in; what is refused is typed as the field wants it."""
    values = {
        block["block_id"]: {block["element"]["action_id"]: _filled(block, says, files, chosen)}
        for block in person.view["blocks"]
        if block["type"] == "input"
    }
    answer = _submitted(person, values)
    if answer.get("response_action") == "errors":
        fields = {block["block_id"]: block for block in person.view["blocks"] if block["type"] == "input"}
        for block in answer["errors"]:
            element = fields[block]["element"]
            values[block] = {element["action_id"]: held(element)}
            if "callback_number" in block:
                values[block][element["action_id"]]["value"] = PHONE
        answer = _submitted(person, values)
        assert answer.get("response_action") != "errors", answer
    return answer


def _submitted(person: Person, values: Json) -> Json:
    text = person.interact({"type": "view_submission", "view": person._view() | {"state": {"values": values}}})
    answer: Json = json.loads(text) if text else {}
    if answer.get("response_action") in {"update", "push"}:
        person.view = {**answer["view"], "id": person.view["id"], "hash": "updated"}
    return answer


def _filled(block: Json, says: Says, files: Json | None, chosen: Mapping[str, Json]) -> Json:
    element = block["element"]
    name = element["action_id"]
    if name in chosen:
        return {"type": element["type"], **chosen[name]}
    state = held(element)
    match element["type"]:
        case "plain_text_input":
            state["value"] = says(name, element.get("max_length", 3000))
        case "file_input":
            state |= files if files and not block.get("optional") else {"files": []}
        case "users_select":
            state.setdefault("selected_user", TOM)
        case "static_select" | "radio_buttons" if not block.get("optional"):
            state.setdefault("selected_option", element["options"][0])
        case "checkboxes":
            state.setdefault("selected_options", element["options"])
    return state


def held(element: Json) -> Json:
    """Return the state of a field that nobody touched."""
    return {"type": element["type"]} | {HELD[key]: value for key, value in element.items() if key in HELD}


def elements(view: Json) -> Iterator[Json]:
    """Return every button and menu of a view or a message."""
    for block in view["blocks"]:
        yield from block.get("elements", ())
        if "accessory" in block:
            yield block["accessory"]


def to_the_end(person: Person, says: Says, answers: Mapping[str, str] = SOONER) -> None:
    """Answer every question of the run in front, fill in its form and submit it, page by page."""
    for _ in range(STEPS):
        if not _answered(person, answers):
            break
    for _ in range(STEPS):
        if "submit" not in person.view:
            return
        fill(person, says)
    raise AssertionError("the run never ended")


def _answered(person: Person, answers: Mapping[str, str]) -> bool:
    """Answer the first question that is open; return whether there was one."""
    shown: list[Any] = [element for element in elements(person.view) if "action_id" in element]
    for element in shown:
        kind, _, rest = element["action_id"].partition(":")
        fact = rest.partition(":")[0]
        if kind == "project_choose":
            person.click("project_choose", element["options"][0]["value"])
            return True
        if kind == "pick":
            person.pick(fact, *(option["value"] for option in element["options"][:2]))
            return True
        if kind == "answer" and element["type"] != "button":
            offered = [option["value"] for option in element["options"]]
            person.click(element["action_id"], answers[fact] if answers.get(fact) in offered else offered[0])
            return True
        if kind == "answer":
            ids = [each["action_id"] for each in shown if each["action_id"].startswith(f"answer:{fact}:")]
            wanted = f"answer:{fact}:{answers.get(fact)}"
            person.click(wanted if wanted in ids else ids[0])
            return True
    return False
