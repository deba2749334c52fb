"""Block Kit as HTML. A block that cannot be drawn becomes a placeholder; the rest of the message stays."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup

from infra.local.workspace.errors import Json
from infra.local.workspace.html import el, field_id, join
from infra.local.workspace.inputs_html import Place, element, picture, text
from infra.local.workspace.markdown import markdown
from infra.local.workspace.mrkdwn import plain
from infra.local.workspace.reader import Reader
from infra.local.workspace.rich_text import rich_text

Draw = Callable[[Json, str, Reader], Markup]


def blocks_html(blocks: list[Json], *, scope: str, reader: Reader) -> Markup:
    """All blocks of a message or view; ``scope`` is its id, so that no two fields share an element id."""
    return join(*(_guarded(block, scope, reader) for block in blocks))


def _guarded(block: Json, scope: str, reader: Reader) -> Markup:
    kind = str(block.get("type"))
    try:
        inner = DRAWN[kind](block, scope, reader)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        inner = el("p", f"This block cannot be shown ({kind}).", class_="placeholder")
    return el("div", inner, class_=f"block block-{kind}", data_block=block.get("block_id"))


def _header(block: Json, _scope: str, reader: Reader) -> Markup:
    return el("h3", text(block["text"], reader))


def _section(block: Json, scope: str, reader: Reader) -> Markup:
    fields = [el("div", text(each, reader)) for each in block.get("fields") or ()]
    body = el(
        "div",
        el("div", text(block["text"], reader), class_="text") if block.get("text") else None,
        el("div", fields, class_="fields") if fields else None,
        class_="body",
    )
    if not block.get("accessory"):
        return body
    accessory = element(block["accessory"], Place(scope, block, reader))
    return join(body, el("div", accessory, class_="accessory"))


def _divider(_block: Json, _scope: str, _reader: Reader) -> Markup:
    return el("hr")


def _actions(block: Json, scope: str, reader: Reader) -> Markup:
    return join(*(element(each, Place(scope, block, reader)) for each in block["elements"]))


def _context(block: Json, _scope: str, reader: Reader) -> Markup:
    return join(
        *(picture(each) if each["type"] == "image" else el("span", text(each, reader)) for each in block["elements"])
    )


def _image(block: Json, _scope: str, reader: Reader) -> Markup:
    title = el("div", text(block["title"], reader)) if block.get("title") else None
    return join(title, picture(block))


def _input(block: Json, scope: str, reader: Reader) -> Markup:
    label_id = field_id(scope, block["block_id"], "label")
    inner = block["element"]
    is_labelled_by_for = inner["type"] not in {"radio_buttons", "checkboxes", "file_input"}
    label = el(
        "label" if is_labelled_by_for else "div",
        text(block["label"], reader),
        el("span", " (optional)", class_="optional") if block.get("optional") else None,
        id=label_id,
        class_="label",
        for_=Place(scope, block, reader).id_of(inner) if is_labelled_by_for else None,
    )
    hint = el("div", text(block.get("hint"), reader), class_="hint", id=f"{label_id}-hint")
    error = el("div", class_="error", id=f"{label_id}-error", data_error_for=block["block_id"], hidden=True)
    return join(
        label, element(inner, Place(scope, block, reader, label_id)), error, hint if block.get("hint") else None
    )


def _rich_text(block: Json, _scope: str, reader: Reader) -> Markup:
    return rich_text(block, reader)


def _markdown(block: Json, _scope: str, _reader: Reader) -> Markup:
    return markdown(block["text"])


def _table(block: Json, _scope: str, reader: Reader) -> Markup:
    settings = block.get("column_settings") or []
    head, *rows = block["rows"]
    return el(
        "div",
        el(
            "table",
            el("thead", el("tr", [_cell(cell, "th", _align(settings, at), reader) for at, cell in enumerate(head)])),
            el(
                "tbody",
                [
                    el("tr", [_cell(cell, "td", _align(settings, at), reader) for at, cell in enumerate(row)])
                    for row in rows
                ],
            ),
        ),
        class_="table",
        tabindex="0",
        role="group",
        aria_label="Table",
    )


def _align(settings: list[Json | None], at: int) -> str | None:
    setting = settings[at] if at < len(settings) else None
    return f"align-{setting['align']}" if setting and setting.get("align") else None


def _cell(cell: Json, name: str, align: str | None, reader: Reader) -> Markup:
    inner = plain(str(cell.get("text", ""))) if cell["type"] != "rich_text" else rich_text(cell, reader)
    return el(name, inner, class_=align)


DRAWN: dict[str, Draw] = {
    "header": _header,
    "section": _section,
    "divider": _divider,
    "actions": _actions,
    "context": _context,
    "image": _image,
    "input": _input,
    "rich_text": _rich_text,
    "markdown": _markdown,
    "table": _table,
}
