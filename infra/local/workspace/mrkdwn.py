"""Slack's mrkdwn as HTML. Everything is escaped; only what Slack gives a meaning to becomes markup."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from infra.local.workspace.emoji import EMOJI
from infra.local.workspace.html import el, join

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.workspace.reader import Reader

FENCE = re.compile(r"```\n?(.+?)\n?```", re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
TOKEN = re.compile(r"<([^<>\n]+)>")
BARE_URL = re.compile(r"https?://[^\s<>|\ue000\ue001]*[^\s<>|.,;:!?)\]'\"\ue000\ue001]")
TYPED_PING = re.compile(r"(?<![\w@])@(here|channel|everyone)\b")
TYPED_CHANNEL = re.compile(r"(?<![\w#&])#([\w-]+)")
SHORTCODE = re.compile(r":([a-z0-9_+-]+):")
EMPHASIS = tuple(
    (re.compile(rf"(?<![\w{mark}]){mark}(?=[^\s{mark}])([^{mark}\n]*[^\s{mark}]){mark}(?![\w{mark}])"), name)
    for mark, name in (("\\*", "b"), ("_", "i"), ("~", "s"))
)
STASHED = re.compile("\ue000(\\d+)\ue001")
SAFE_LINKS = ("http://", "https://", "mailto:", "tel:")


def mrkdwn(text: str, reader: Reader, *, verbatim: bool = False) -> Markup:
    """Text as Slack shows it. Unless ``verbatim``, typed addresses, ``@here`` and ``#channel`` mean something."""
    stash: list[Markup] = []

    def keep(markup: Markup) -> str:
        stash.append(markup)
        return f"\ue000{len(stash) - 1}\ue001"

    text = text.replace("\ue000", "").replace("\ue001", "")
    text = FENCE.sub(lambda found: keep(copyable(_unescaped(found[1]))), text)
    text = CODE.sub(lambda found: keep(el("code", _unescaped(found[1]))), text)
    text = TOKEN.sub(lambda found: keep(markup) if (markup := _token(found[1], reader)) is not None else found[0], text)
    if not verbatim:
        text = _typed(text, reader, keep)
    return _unstash(_lines(_emphasised(escape(_unescaped(text)))), stash)


def plain(text: str, *, emoji: bool = True) -> Markup:
    """Text without any markup; line breaks stay."""
    shown = escape(with_emoji(text) if emoji else text)
    return Markup("<br>").join(shown.split("\n"))


def with_emoji(text: str) -> str:
    """The text with ``:shortcodes:`` drawn where they are known."""
    return SHORTCODE.sub(lambda found: EMOJI.get(found[1], found[0]), text)


def copyable(text: str) -> Markup:
    """Preformatted text with a button that copies it."""
    button = el("button", "Copy", type="button", class_="copy", aria_label="Copy text")
    return el("div", el("pre", text), button, class_="pre")


def link(url: str, label: str | None = None) -> Markup | None:
    """A link that opens elsewhere, when the address is one that Slack would link."""
    if not url.startswith(SAFE_LINKS):
        return None
    return el("a", label or url, href=url, target="_blank", rel="noopener noreferrer")


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _token(inside: str, reader: Reader) -> Markup | None:
    """What stands between ``<`` and ``>``; nothing when it has no meaning."""
    target, _, label = inside.partition("|")
    if target.startswith("@"):
        return reader.user(target[1:])
    if target.startswith("#"):
        return reader.channel(target[1:])
    if target.startswith("!subteam^"):
        return reader.group(target.removeprefix("!subteam^"))
    if target.startswith("!date^"):
        return _date(target, label, reader)
    if target in {"!here", "!channel", "!everyone"}:
        return reader.everyone(target[1:])
    return link(_unescaped(target), _unescaped(label) or None)


def _date(target: str, fallback: str, reader: Reader) -> Markup:
    _, at, form, *rest = [*target.split("^"), ""]
    if not at.isdigit():
        return escape(fallback)
    text = reader.date(float(at), form)
    url = rest[0] if rest else ""
    shown = el("time", text, datetime=reader.moment(float(at)).isoformat())
    return el("a", shown, href=url, target="_blank", rel="noopener noreferrer") if url.startswith(SAFE_LINKS) else shown


def _typed(text: str, reader: Reader, keep: Callable[[Markup], str]) -> str:
    channels = {each.name: each.id for each in reader.config.channels}
    text = BARE_URL.sub(lambda found: keep(link(_unescaped(found[0])) or Markup()), text)
    text = TYPED_PING.sub(lambda found: keep(reader.everyone(found[1])), text)
    return TYPED_CHANNEL.sub(
        lambda found: keep(reader.channel(channels[found[1]])) if found[1] in channels else found[0], text
    )


def _emphasised(escaped: Markup) -> str:
    text = str(escaped)
    for pattern, name in EMPHASIS:
        text = pattern.sub(rf"<{name}>\1</{name}>", text)
    return with_emoji(text)


def _lines(text: str) -> str:
    """Quotes as blocks, other line ends as breaks."""
    out: list[str] = []
    lines = text.split("\n")
    while lines:
        quoted: list[str] = []
        if lines[0].startswith("&gt;&gt;&gt;"):
            quoted, lines = [lines[0][12:].lstrip(), *lines[1:]], []
        while lines and lines[0].startswith("&gt;"):
            quoted.append(lines.pop(0)[4:].lstrip())
        if quoted:
            out.append(f"<blockquote>{'<br>'.join(quoted)}</blockquote>")
        if lines:
            out.append(lines.pop(0) + ("<br>" if lines and not lines[0].startswith("&gt;") else ""))
    return "".join(out)


def _unstash(text: str, stash: list[Markup]) -> Markup:
    parts = STASHED.split(text)
    return join(
        *(stash[int(part)] if index % 2 else Markup(part) for index, part in enumerate(parts))  # noqa: S704  escaped above
    )
