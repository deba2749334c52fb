"""Block Kit elements, with Slack's limits kept and typed text never read as markup.

Text that a person typed or a workbook held goes through ``plain``, ``labelled``, ``quote`` or ``copyable`` only: those
are literal in Slack, so ``<!channel>`` or ``@here`` pings nobody. ``mrkdwn`` is for our own words and the SOP's values.
Limits: https://docs.slack.dev/reference/block-kit
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from sop_core.times import day_ended, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Block = dict[str, Any]

SECTION_TEXT: Final = 3000
HEADER_TEXT: Final = 150
OPTION_TEXT: Final = 75
BUTTON_TEXT: Final = 75
CONTEXT_ELEMENTS: Final = 10
CUT_NOTE: Final = 30
ACTION_ID: Final = 255
LONGEST_ENTITY: Final = len("&amp;")
MARKUP: Final = 10
"""Room for an emoji and asterisks around a text."""


class Message(msgspec.Struct, frozen=True):
    """A message: ``text`` is the full sentence that screen readers and notifications read, ``blocks`` what is shown."""

    text: str
    blocks: tuple[Block, ...]


def fit(text: str, limit: int) -> str:
    """Return ``text`` cut to ``limit`` characters; a cut is told, with a count where there is room."""
    if len(text) <= limit:
        return text
    if limit <= OPTION_TEXT:
        return text[: limit - 1] + "…"
    kept = limit - CUT_NOTE
    return f"{text[:kept]}… ({len(text) - kept} more characters)"


def pieces(text: str, limit: int) -> list[str]:
    """Return ``text`` in parts that hold at most ``limit`` characters once escaped, split at spaces where there are."""
    parts, rest = [], text
    while len(escape(rest)) > limit:
        end = limit
        while len(escape(rest[:end])) > limit:
            end -= max(1, (len(escape(rest[:end])) - limit) // LONGEST_ENTITY)
        space = rest.rfind(" ", 1, end)
        end = end if space < 1 else space
        parts.append(rest[:end])
        rest = rest[end:]
    return [*parts, rest]


def escape(text: str) -> str:
    """Escape the three characters that mrkdwn gives a meaning: ``&``, ``<`` and ``>``."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def mention(user: str) -> str:
    """Return the mrkdwn mention of a Slack user id (``U…``)."""
    return f"<@{user}>"


def mention_any(user_or_group: str) -> str:
    """Return the mrkdwn mention of a user (``U…``) or a user group (``S…``)."""
    return f"<!subteam^{user_or_group}>" if user_or_group.startswith("S") else mention(user_or_group)


def time_in_reader_zone(at: str, form: str = "{date_short_pretty} at {time}") -> str:
    """Return ``at`` (ISO 8601 UTC) as Slack date markup, shown in the reader's own zone."""
    moment = parse(at)
    return f"<!date^{int(moment.timestamp())}^{form}|{moment:%Y-%m-%d %H:%M} UTC>"


def deadline(at: str, zone: str) -> str:
    """Return by when something is due: midnight in the office's ``zone`` is the end of its day before, in words.

    "By Wednesday, 12:00 AM" is heard as the end of Wednesday.
    """
    day = day_ended(at, zone)
    return f"the end of {day:%A, %b} {day.day}" if day else time_in_reader_zone(at)


def plain(text: str, limit: int = SECTION_TEXT) -> Block:
    """Return a plain_text object, literal to the letter (no emoji codes)."""
    return {"type": "plain_text", "text": fit(text, limit), "emoji": False}


def label(text: str, limit: int = BUTTON_TEXT) -> Block:
    """Return a plain_text object for our own words, where emoji codes may be drawn."""
    return {"type": "plain_text", "text": fit(text, limit), "emoji": True}


def mrkdwn(text: str) -> Block:
    """Return a mrkdwn object for our own words; ``verbatim`` keeps names and links from being guessed."""
    return {"type": "mrkdwn", "text": fit(text, SECTION_TEXT), "verbatim": True}


def header(text: str) -> Block:
    """Return a header block."""
    return {"type": "header", "text": label(text, HEADER_TEXT)}


def section(
    text: str, *, typed: str | None = None, accessory: Block | None = None, block_id: str | None = None
) -> Block:
    """Return a section of our own words in mrkdwn; ``typed`` stands below them, literal."""
    below = [plain(typed)] if typed else None
    return _with({"type": "section", "text": mrkdwn(text)}, fields=below, accessory=accessory, block_id=block_id)


def sections(text: str, *, before: str = "", bold: bool = False) -> list[Block]:
    """Return unescaped text of our own as one section, or as several where one does not hold it."""
    mark = "*" if bold else ""
    return [section(f"{before}{mark}{escape(part)}{mark}") for part in pieces(text, SECTION_TEXT - MARKUP)]


def contexts(text: str) -> list[Block]:
    """Return unescaped text of our own as a quiet line, or as several where one does not hold it."""
    return [context(escape(part)) for part in pieces(text, SECTION_TEXT)]


def typed_section(text: str, *, accessory: Block | None = None, block_id: str | None = None) -> Block:
    """Return a section whose text is literal."""
    return _with({"type": "section", "text": plain(text)}, accessory=accessory, block_id=block_id)


def fields(pairs: Iterable[tuple[str, str]]) -> Block:
    """Return a section of label-and-value fields in two columns; values are mrkdwn of our own (escape what is not)."""
    return {"type": "section", "fields": [mrkdwn(f"*{name}*\n{value}") for name, value in pairs]}


def context(*texts: str) -> Block:
    """Return a quiet line of our own words."""
    return {"type": "context", "elements": [mrkdwn(text) for text in texts[:CONTEXT_ELEMENTS]]}


def divider() -> Block:
    """Return a divider."""
    return {"type": "divider"}


def _rich(*elements: Block) -> Block:
    return {"type": "rich_text", "elements": list(elements)}


def rich_section(runs: Sequence[Block]) -> Block:
    """Return one paragraph of rich text: :func:`words`, and users, groups, channels, dates as Slack draws them."""
    return _rich({"type": "rich_text_section", "elements": list(runs)})


def words(text: str, **style: bool) -> Block:
    """Return literal words of rich text, with ``bold`` or other styles."""
    return {"type": "text", "text": text, "style": style} if style else {"type": "text", "text": text}


def labelled(pairs: Iterable[tuple[str, str]]) -> Block:
    """Return literal values under bold labels, one pair a line."""
    runs: list[Block] = []
    for name, value in pairs:
        runs += [words(f"{name}  ", bold=True), words(f"{value}\n")]
    return _rich({"type": "rich_text_section", "elements": runs})


def quote(text: str, *, bold: bool = False) -> Block:
    """Return literal text as a quotation, e.g. the words to read to a caller."""
    return _rich({"type": "rich_text_quote", "elements": [words(text, bold=True) if bold else words(text)]})


def copyable(text: str) -> Block:
    """Return literal text in a preformatted block, easy to copy."""
    return _rich({"type": "rich_text_preformatted", "elements": [words(text)]})


def bullets(items: Sequence[str]) -> Block:
    """Return a bullet list of literal texts."""
    elements = [{"type": "rich_text_section", "elements": [words(item)]} for item in items]
    return _rich({"type": "rich_text_list", "style": "bullet", "elements": elements})


def button(text: str, action_id: str, value: str, *, style: str | None = None, confirm: Block | None = None) -> Block:
    """Return a button; ``style`` is ``primary`` or ``danger``."""
    element = {"type": "button", "text": label(text), "action_id": action_id, "value": value}
    return _with(element, style=style, confirm=confirm)


def actions(*elements: Block, block_id: str | None = None) -> Block:
    """Return a row of buttons or other elements."""
    return _with({"type": "actions", "elements": list(elements)}, block_id=block_id)


def option(text: str, value: str, description: str | None = None) -> Block:
    """Return a choice; its text is literal."""
    choice: Block = {"text": plain(text, OPTION_TEXT), "value": value}
    return choice if not description else choice | {"description": plain(description, OPTION_TEXT)}


def radio(action_id: str, options: Sequence[Block], chosen: Block | None = None) -> Block:
    """Return radio buttons (ten at most)."""
    return _with({"type": "radio_buttons", "action_id": action_id, "options": list(options)}, initial_option=chosen)


def multi_select(
    action_id: str, options: Sequence[Block], *, placeholder: str, chosen: str | tuple[str, ...] = ()
) -> Block:
    """Return a menu of which several can be chosen; ``chosen`` are values."""
    element = {"type": "multi_static_select", "action_id": action_id, "placeholder": label(placeholder, 150)}
    picked = [each for each in options if each["value"] in chosen]
    return _with(element | {"options": list(options)}, initial_options=picked or None)


def select(
    action_id: str, options: Sequence[Block], *, placeholder: str, chosen: str | tuple[str, ...] | None = None
) -> Block:
    """Return a menu of known options; ``chosen`` is a value."""
    element = {
        "type": "static_select",
        "action_id": action_id,
        "placeholder": label(placeholder, 150),
        "options": list(options),
    }
    return _with(element, initial_option=next((each for each in options if each["value"] == chosen), None))


def typeahead(action_id: str, *, placeholder: str, from_length: int = 2) -> Block:
    """Return a menu whose options the app answers as one types, from ``from_length`` characters on."""
    return {
        "type": "external_select",
        "action_id": action_id,
        "placeholder": label(placeholder, 150),
        "min_query_length": from_length,
    }


def text_input(
    action_id: str, *, initial: str = "", multiline: bool = False, max_length: int = 3000, placeholder: str = ""
) -> Block:
    """Return a text field; Slack itself refuses more than ``max_length`` characters, so nothing is cut unseen."""
    element: Block = {
        "type": "plain_text_input",
        "action_id": action_id,
        "multiline": multiline,
        "max_length": max_length,
    }
    return _with(
        element,
        initial_value=fit(initial, max_length) or None,
        placeholder=label(placeholder, 150) if placeholder else None,
    )


def field(name: str, element: Block, *, block_id: str, optional: bool = False, hint: str = "") -> Block:
    """Return an input block: a labelled field of a modal. Errors are shown beside the ``block_id``."""
    block = {
        "type": "input",
        "block_id": block_id,
        "label": label(name, 2000),
        "element": element,
        "optional": optional,
    }
    return _with(block, hint=label(hint, 2000) if hint else None)


def modal(
    title: str,
    blocks: Sequence[Block],
    *,
    callback_id: str,
    private_metadata: str = "",
    submit: str | None = None,
    close: str = "Close",
    notify_on_close: bool = False,
) -> Block:
    """Return a modal view. ``title``, ``submit`` and ``close`` hold 24 characters each."""
    view: Block = {
        "type": "modal",
        "callback_id": callback_id,
        "title": label(title, 24),
        "close": label(close, 24),
        "blocks": list(blocks),
        "private_metadata": private_metadata,
        "notify_on_close": notify_on_close,
    }
    return _with(view, submit=label(submit, 24) if submit else None)


def _with(block: Block, **extra: object) -> Block:
    return block | {name: value for name, value in extra.items() if value is not None}
