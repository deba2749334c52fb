"""The ``rich_text`` block as HTML."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from infra.local.workspace.emoji import EMOJI
from infra.local.workspace.html import el, join
from infra.local.workspace.mrkdwn import copyable, link

if TYPE_CHECKING:
    from infra.local.workspace.errors import Json
    from infra.local.workspace.reader import Reader

STYLES = (("bold", "b"), ("italic", "i"), ("strike", "s"), ("underline", "u"), ("code", "code"))


def rich_text(block: Json, reader: Reader) -> Markup:
    """The whole block."""
    return el("div", [_part(part, reader) for part in block["elements"]], class_="rich-text")


def plain_of(block: Json) -> str:
    """The block's words without their looks."""
    words: list[str] = []
    for part in block.get("elements", ()):
        words.append(str(part.get("text", "")))
        words.append(plain_of(part))
    return "".join(words)


def inline(elements: list[Json], reader: Reader) -> Markup:
    """Words, links, mentions in a row."""
    return join(*(_inline(each, reader) for each in elements))


def _part(part: Json, reader: Reader) -> Markup:
    match part["type"]:
        case "rich_text_section":
            return el("div", inline(part["elements"], reader))
        case "rich_text_preformatted":
            return copyable("".join(str(each.get("text") or each.get("url") or "") for each in part["elements"]))
        case "rich_text_quote":
            return el("blockquote", inline(part["elements"], reader))
        case "rich_text_list":
            return _list(part, reader)
        case unknown:
            raise ValueError(f"no such part of rich text: {unknown}")


def _list(part: Json, reader: Reader) -> Markup:
    items = [el("li", inline(item["elements"], reader)) for item in part["elements"]]
    is_ordered = part.get("style") == "ordered"
    start = int(part.get("offset", 0)) + 1 if is_ordered else None
    return el("ol" if is_ordered else "ul", items, start=start, class_=f"indent-{min(int(part.get('indent', 0)), 4)}")


def _inline(element: Json, reader: Reader) -> Markup:
    match element["type"]:
        case "text":
            shown = _breaks(str(element["text"]))
        case "link":
            shown = link(element["url"], element.get("text")) or escape(element.get("text") or element["url"])
        case "emoji":
            shown = escape(EMOJI.get(element["name"], f":{element['name']}:"))
        case "user":
            shown = reader.user(element["user_id"])
        case "usergroup":
            shown = reader.group(element["usergroup_id"])
        case "channel":
            shown = reader.channel(element["channel_id"])
        case "broadcast":
            shown = reader.everyone(element["range"])
        case "date":
            shown = el("time", reader.date(float(element["timestamp"]), element["format"]))
        case _:
            shown = escape(str(element.get("text") or element.get("value") or ""))
    return _styled(shown, element.get("style") or {})


def _breaks(text: str) -> Markup:
    lines = text.split("\n")
    parts: list[str | Markup] = [lines[0]]
    for _before, after in pairwise(lines):
        parts += [Markup("<br>"), after]
    return join(*parts)


def _styled(shown: Markup, style: Json) -> Markup:
    for key, name in STYLES:
        if style.get(key):
            shown = el(name, shown)
    return shown
