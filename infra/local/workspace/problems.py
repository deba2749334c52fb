"""Faults found in a payload, collected with the place where each was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.local.workspace.errors import Json


class Problems:
    """A list of faults shared by all places below a JSON pointer."""

    def __init__(self, pointer: str = "", found: list[str] | None = None) -> None:
        self.pointer = pointer
        self.found: list[str] = [] if found is None else found

    def at(self, pointer: str) -> Problems:
        """The same faults, seen from a place further down."""
        return Problems(self.pointer + pointer, self.found)

    def add(self, message: str) -> None:
        """Report a fault here, in the form of Slack's ``response_metadata.messages``."""
        self.found.append(f"[ERROR] {message} [json-pointer:{self.pointer}]")

    def most_items(self, items: Sequence[object], limit: int) -> None:
        """Report more than ``limit`` items."""
        if len(items) > limit:
            self.add(f"no more than {limit} items allowed")

    def least_items(self, items: Sequence[object], limit: int) -> None:
        """Report fewer than ``limit`` items."""
        if len(items) < limit:
            self.add(f"must have at least {limit} items")

    def short(self, value: Any, limit: int, *, required: bool = False) -> None:  # noqa: ANN401  undecoded JSON
        """Report a value that is no string, is longer than ``limit``, or is missing though required."""
        if value is None:
            if required:
                self.add("missing required field")
        elif not isinstance(value, str):
            self.add("must be a string")
        elif len(value) > limit:
            self.add(f"must be less than {limit + 1} characters")
        elif required and not value:
            self.add("must be more than 0 characters")

    def one_of(self, value: object, allowed: Sequence[str]) -> None:
        """Report a value outside a closed set; none is fine."""
        if value is not None and value not in allowed:
            self.add(f"must be one of: {', '.join(allowed)}")

    def text(self, holder: Json, key: str, *, limit: int, mrkdwn: bool = False, required: bool = False) -> None:
        """Report a faulty text object under ``key``."""
        here = self.at(f"/{key}")
        value = holder.get(key)
        if value is None:
            if required:
                here.add(f"missing required field: {key}")
            return
        kinds = ("plain_text", "mrkdwn") if mrkdwn else ("plain_text",)
        if not isinstance(value, dict) or value.get("type") not in kinds:
            here.add(f"must be a text object of type {' or '.join(kinds)}")
            return
        here.at("/text").short(value.get("text"), limit, required=True)
