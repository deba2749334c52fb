"""A call's arguments, read as Slack reads them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from infra.local.workspace.errors import Json, Refused
from infra.local.workspace.state import Workspace

PAGE: Final = 100
Method = Callable[[Workspace, Json], Json]
"""What answers one method: from the workspace and the arguments to the answer without its ``ok``."""


def decoded(args: Json, key: str) -> Any:  # noqa: ANN401  any JSON value
    """An argument that Slack takes both as JSON and as JSON in a string.

    Raises:
        Refused: the string is no JSON.
    """
    value = args.get(key)
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value) if value else None
    except ValueError:
        raise Refused("invalid_blocks_format" if key == "blocks" else "invalid_arguments") from None


def needed(args: Json, *keys: str) -> list[str]:
    """Return the arguments of these names.

    Raises:
        Refused: one is missing.
    """
    missing = tuple(f"[ERROR] missing required field: {key}" for key in keys if not args.get(key))
    if missing:
        raise Refused("invalid_arguments", missing)
    return [str(args[key]) for key in keys]


def flag(args: Json, key: str) -> bool:
    """Return whether an argument says yes, in any of Slack's ways."""
    return str(args.get(key, "")).lower() in {"1", "true"}


def paged(rows: list[Any], args: Json) -> tuple[list[Any], Json]:
    """Return the page that is asked for, and what leads to the next one."""
    start, size = int(args.get("cursor") or 0), int(args.get("limit") or PAGE)
    after = start + size
    has_more = after < len(rows)
    meta = {"has_more": has_more, "response_metadata": {"next_cursor": str(after) if has_more else ""}}
    return rows[start:after], meta
