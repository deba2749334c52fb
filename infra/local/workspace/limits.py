"""Slack's limits on messages and views, refused with Slack's error names and JSON pointers.

https://docs.slack.dev/reference/block-kit
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from infra.local.workspace.elements_check import ELEMENT_RULES, check_element
from infra.local.workspace.errors import Json, Refused
from infra.local.workspace.problems import Problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
MESSAGE_TEXT = 40_000
UPDATE_TEXT = 4_000
ALL_BLOCKS_TEXT = 13_200
VIEW_BYTES = 250_000
STACK = 3
MARKDOWN_TEXT = 12_000
TABLE_ROWS = 100
TABLE_COLUMNS = 20
MESSAGE_ONLY = frozenset({"markdown", "table", "context_actions"})
ACCESSORIES = frozenset(ELEMENT_RULES) - {
    "plain_text_input",
    "number_input",
    "email_text_input",
    "url_text_input",
    "file_input",
}
INPUTS = frozenset(ELEMENT_RULES) - {"button", "overflow", "image"}
ACTIONS = ACCESSORIES - {"image"}


def check_message(*, text: str | None, blocks: list[Json] | None) -> None:
    """Refuse what ``chat.postMessage`` refuses."""
    if not text and not blocks:
        raise Refused("no_text")
    if blocks:
        check_blocks(blocks, surface="message")


def check_update(*, text: str | None, blocks: list[Json] | None) -> None:
    """Refuse what ``chat.update`` refuses."""
    if text and len(text) > UPDATE_TEXT:
        raise Refused("msg_too_long")
    check_message(text=text, blocks=blocks)


def check_blocks(blocks: list[Json], *, surface: str) -> None:
    """Refuse the blocks of a message, all faults named."""
    problems = Problems()
    blocks_faults(blocks, surface=surface, at=problems.at("/blocks"))
    if problems.found:
        raise Refused("invalid_blocks", tuple(problems.found))
    if sum(map(len, texts_of(blocks))) > ALL_BLOCKS_TEXT:
        raise Refused("msg_blocks_too_long")


def check_view(view: Json) -> None:
    """Refuse what ``views.open``, ``push``, ``update`` and ``publish`` refuse."""
    if len(json.dumps(view, ensure_ascii=False).encode()) > VIEW_BYTES:
        raise Refused("view_too_large")
    problems = Problems()
    _view_faults(view, problems.at("/view"))
    if problems.found:
        raise Refused("invalid_arguments", tuple(problems.found))


def blocks_faults(blocks: list[Any], *, surface: str, at: Problems) -> None:
    """Report every fault of ``blocks`` on a message, modal or home."""
    at.most_items(blocks, MESSAGE_BLOCKS if surface == "message" else VIEW_BLOCKS)
    for index, block in enumerate(blocks):
        try:
            _block_faults(block, surface=surface, at=at.at(f"/{index}"))
        except (AttributeError, KeyError, TypeError):
            at.at(f"/{index}").add("has a wrong structure")
    if not at.found:
        _repeated_ids(blocks, at)
        _one_focus(blocks, at)


def texts_of(value: Any) -> Iterator[str]:  # noqa: ANN401  any JSON value
    """Every string that stands in a ``text`` field, at any depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "text" and isinstance(inner, str):
                yield inner
            else:
                yield from texts_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_of(inner)


def elements_of(block: Json) -> Iterable[Json]:
    """The interactive elements that a block holds."""
    match block.get("type"):
        case "input":
            return [block["element"]] if isinstance(block.get("element"), dict) else []
        case "section":
            return [block["accessory"]] if isinstance(block.get("accessory"), dict) else []
        case "actions":
            return [each for each in block.get("elements") or () if isinstance(each, dict)]
        case _:
            return []


def _view_faults(view: Json, at: Problems) -> None:
    kind = view.get("type")
    if kind not in {"modal", "home"}:
        at.at("/type").add("must be one of: modal, home")
        return
    blocks = view.get("blocks")
    if not isinstance(blocks, list):
        at.at("/blocks").add("missing required field: blocks")
        return
    if kind == "modal":
        _modal_faults(view, blocks, at)
    at.at("/private_metadata").short(view.get("private_metadata"), 3000)
    at.at("/callback_id").short(view.get("callback_id"), 255)
    at.at("/external_id").short(view.get("external_id"), 255)
    blocks_faults(blocks, surface=kind, at=at.at("/blocks"))


def _modal_faults(view: Json, blocks: list[Any], at: Problems) -> None:
    at.text(view, "title", limit=24, required=True)
    at.text(view, "close", limit=24)
    has_inputs = any(isinstance(block, dict) and block.get("type") == "input" for block in blocks)
    at.text(view, "submit", limit=24, required=has_inputs)


def _block_faults(block: Json, *, surface: str, at: Problems) -> None:
    kind = block.get("type")
    rule = BLOCK_RULES.get(kind) if isinstance(kind, str) else None
    if rule is None or (kind in MESSAGE_ONLY and surface != "message"):
        at.at("/type").add(f"unsupported type: {kind}")
        return
    at.at("/block_id").short(block.get("block_id"), 255)
    rule(block, at)
    seen: set[str] = set()
    for element in elements_of(block):
        action_id = element.get("action_id")
        if action_id in seen:
            at.add(f"`action_id` {action_id!r} already exists in the block")
        if action_id:
            seen.add(action_id)


def _section(block: Json, at: Problems) -> None:
    fields = block.get("fields")
    if not block.get("text") and not fields:
        at.add("missing required field: text or fields")
    at.text(block, "text", limit=3000, mrkdwn=True)
    if fields is not None:
        at.at("/fields").most_items(fields, 10)
        for index, field in enumerate(fields):
            at.at("/fields").text({str(index): field}, str(index), limit=2000, mrkdwn=True)
    if "accessory" in block:
        check_element(block["accessory"], allowed=ACCESSORIES, at=at.at("/accessory"))


def _header(block: Json, at: Problems) -> None:
    at.text(block, "text", limit=150, required=True)


def _actions(block: Json, at: Problems) -> None:
    _elements(block, limit=25, allowed=ACTIONS, at=at.at("/elements"))


def _context(block: Json, at: Problems) -> None:
    elements = block.get("elements") or []
    here = at.at("/elements")
    here.most_items(elements, 10)
    here.least_items(elements, 1)
    for index, element in enumerate(elements):
        if element.get("type") == "image":
            check_element(element, allowed=frozenset({"image"}), at=here.at(f"/{index}"))
        else:
            here.text({str(index): element}, str(index), limit=3000, mrkdwn=True)


def _context_actions(block: Json, at: Problems) -> None:
    at.at("/elements").most_items(block.get("elements") or [], 5)


def _elements(block: Json, *, limit: int, allowed: frozenset[str], at: Problems) -> None:
    elements = block.get("elements") or []
    at.most_items(elements, limit)
    at.least_items(elements, 1)
    for index, element in enumerate(elements):
        check_element(element, allowed=allowed, at=at.at(f"/{index}"))


def _input(block: Json, at: Problems) -> None:
    at.text(block, "label", limit=2000, required=True)
    at.text(block, "hint", limit=2000)
    check_element(block.get("element"), allowed=INPUTS, at=at.at("/element"))


def _image(block: Json, at: Problems) -> None:
    check_element({**block, "type": "image"}, allowed=frozenset({"image"}), at=at)
    at.text(block, "title", limit=2000)


def _markdown(block: Json, at: Problems) -> None:
    at.at("/text").short(block.get("text"), MARKDOWN_TEXT, required=True)


def _table(block: Json, at: Problems) -> None:
    rows = block.get("rows") or []
    here = at.at("/rows")
    here.most_items(rows, TABLE_ROWS)
    here.least_items(rows, 1)
    for index, row in enumerate(rows):
        here.at(f"/{index}").most_items(row, TABLE_COLUMNS)


def _rich_text(block: Json, at: Problems) -> None:
    at.at("/elements").least_items(block.get("elements") or [], 1)
    kinds = {"rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"}
    for index, element in enumerate(block.get("elements") or []):
        if element.get("type") not in kinds:
            at.at(f"/elements/{index}").add(f"unsupported type: {element.get('type')}")


def _divider(block: Json, at: Problems) -> None:
    """A divider has nothing to refuse."""


def _repeated_ids(blocks: list[Any], at: Problems) -> None:
    ids = [block.get("block_id") for block in blocks]
    for index, block_id in enumerate(ids):
        if block_id and block_id in ids[:index]:
            at.at(f"/{index}/block_id").add(f"`block_id` {block_id!r} already exists")


def _one_focus(blocks: list[Any], at: Problems) -> None:
    focused = [element for block in blocks for element in elements_of(block) if element.get("focus_on_load")]
    if len(focused) > 1:
        at.add("only one element can have `focus_on_load` set to true")


BLOCK_RULES = {
    "section": _section,
    "header": _header,
    "divider": _divider,
    "actions": _actions,
    "context": _context,
    "context_actions": _context_actions,
    "input": _input,
    "image": _image,
    "markdown": _markdown,
    "table": _table,
    "rich_text": _rich_text,
}
