"""HTML from Python: elements whose text and attributes are always escaped."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from markupsafe import Markup, escape

Child = str | Markup | None
Children = Child | Iterable["Child | Iterable[Child]"]
VOID = frozenset({"input", "img", "hr", "br", "link", "meta"})


def el(name: str, /, *children: Children, **attributes: str | float | bool | None) -> Markup:
    """An element. ``class_`` loses its underscore, inner ones become dashes; ``None`` and ``False`` are left out."""
    opened = Markup("<{}{}>").format(Markup(name), _attributes(attributes))  # noqa: S704  element names are ours
    if name in VOID:
        return opened
    return opened + join(*children) + Markup("</{}>").format(Markup(name))  # noqa: S704  likewise


def join(*children: Children) -> Markup:
    """The children one after the other; strings are escaped, ``None`` is nothing."""
    out = Markup()
    for child in children:
        if child is None:
            continue
        out += escape(child) if isinstance(child, str) else join(*child)
    return out


def field_id(*parts: str) -> str:
    """An element id that is the same whenever the same field is drawn."""
    return "f" + sha256("\x1f".join(parts).encode()).hexdigest()[:12]


def _attributes(attributes: dict[str, str | float | bool | None]) -> Markup:
    out = Markup()
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        name = Markup(key.rstrip("_").replace("_", "-"))  # noqa: S704  attribute names are ours
        out += Markup(" {}").format(name) if value is True else Markup(' {}="{}"').format(name, value)
    return out
