"""The ``markdown`` block as HTML: the part of standard Markdown that Slack draws."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from infra.local.workspace.html import el, join
from infra.local.workspace.mrkdwn import copyable, link, with_emoji

INLINE = re.compile(
    r"`(?P<code>[^`]+)`"
    r"|\*\*(?P<bold>.+?)\*\*"
    r"|~~(?P<strike>.+?)~~"
    r"|(?<!\w)[*_](?P<italic>[^*_\s](?:[^*_]*[^*_\s])?)[*_](?!\w)"
    r"|\[(?P<label>[^\]]+)\]\((?P<url>[^)\s]+)\)"
)
FENCE = re.compile(r"^```.*?\n(.*?)^```\s*$", re.DOTALL | re.MULTILINE)
LEAD = re.compile(
    r"^\s*(?:(?P<heading>#{1,6}) |(?P<bullet>[-*+]) |(?P<number>\d+)[.)] |(?P<quote>>) ?|(?P<rule>---+)$)"
)


def markdown(text: str) -> Markup:
    """The block's text; fenced code can be copied."""
    parts = FENCE.split(text)
    return el(
        "div",
        [copyable(part.rstrip("\n")) if index % 2 else _flow(part) for index, part in enumerate(parts)],
        class_="rich-text",
    )


def _flow(text: str) -> Markup:
    out: list[Markup] = []
    lines = [line for line in text.split("\n") if line.strip()]
    while lines:
        kind = _kind(lines[0])
        run = 1
        while kind in {"bullet", "number", "quote"} and run < len(lines) and _kind(lines[run]) == kind:
            run += 1
        out.append(_run(kind, lines[:run]))
        lines = lines[run:]
    return join(*out)


def _kind(line: str) -> str:
    found = LEAD.match(line)
    return str(found.lastgroup) if found else "text"


def _run(kind: str, lines: list[str]) -> Markup:
    bare = [LEAD.sub("", line, count=1) for line in lines]
    match kind:
        case "heading":
            return el("p", el("b", _inline(bare[0])), class_="md-heading")
        case "bullet":
            return el("ul", [el("li", _inline(line)) for line in bare])
        case "number":
            start = re.match(r"\s*(\d+)", lines[0])
            return el("ol", [el("li", _inline(line)) for line in bare], start=start[1] if start else None)
        case "quote":
            return el("blockquote", [el("div", _inline(line)) for line in bare])
        case "rule":
            return el("hr")
        case _:
            return el("p", _inline(bare[0]))


def _inline(text: str) -> Markup:
    out, at = Markup(), 0
    for found in INLINE.finditer(text):
        out += escape(with_emoji(text[at : found.start()])) + _marked(found)
        at = found.end()
    return out + escape(with_emoji(text[at:]))


def _marked(found: re.Match[str]) -> Markup:
    match found.lastgroup:
        case "code":
            return el("code", found["code"])
        case "bold":
            return el("b", _inline(found["bold"]))
        case "strike":
            return el("s", _inline(found["strike"]))
        case "italic":
            return el("i", _inline(found["italic"]))
        case _:
            return link(found["url"], found["label"]) or escape(found[0])
