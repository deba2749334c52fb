"""Trigger ids, stacks of modals, and home tabs."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec

from infra.local.workspace.conversations import with_block_ids
from infra.local.workspace.errors import Json, Refused
from infra.local.workspace.limits import STACK, check_view

TRIGGER_SECONDS = 3.0


class Trigger(msgspec.Struct, kw_only=True):
    """Permission to open one modal, for three seconds, once. ``view`` is the modal it was made in."""

    id: str
    user: str
    expires_at: float
    view: str | None = None
    spent: bool = False


class View(msgspec.Struct, kw_only=True):
    """A modal or a home tab as it is shown."""

    id: str
    user: str
    hash: str
    root: str
    definition: Json
    previous: str | None = None

    @property
    def blocks(self) -> list[Json]:
        """The view's blocks."""
        blocks: list[Json] = self.definition["blocks"]
        return blocks


class Views:
    """What each person has open, and their home tab."""

    def __init__(self, *, team: str, app: str, bot: str) -> None:
        self._origin = {"team_id": team, "app_id": app, "bot_id": bot, "app_installed_team_id": team}
        self._triggers: dict[str, Trigger] = {}
        self._hashes = 0
        self.stacks: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}
        self.changes = 0

    def trigger(self, *, user: str, now: float, view: str | None = None) -> str:
        """A new trigger id."""
        trigger = Trigger(
            id=f"{int(now * 1000)}.{secrets.token_hex(6)}", user=user, expires_at=now + TRIGGER_SECONDS, view=view
        )
        self._triggers[trigger.id] = trigger
        return trigger.id

    def open(self, *, trigger_id: str, definition: Json, now: float) -> View:
        """Show a modal.

        Raises:
            Refused: with Slack's name for a bad trigger or view.
        """
        view = self._made(definition, kind="modal", user=self._holder(trigger_id, now).user, now=now)
        self._spend(trigger_id)
        self._show([view], user=view.user)
        return view

    def push(self, *, trigger_id: str, definition: Json, now: float) -> View:
        """Show a modal on top of the one that the trigger was made in.

        Raises:
            Refused: as ``open``; ``push_limit_reached`` on top of three.
        """
        trigger = self._holder(trigger_id, now)
        stack = self.stacks.get(trigger.user, [])
        if not stack or trigger.view is None:
            raise Refused("invalid_trigger")
        view = self.push_on(stack, definition=definition, now=now)
        self._spend(trigger_id)
        return view

    def push_on(self, stack: list[View], *, definition: Json, now: float) -> View:
        """Put a modal on a stack, as ``response_action: push`` does too."""
        if not stack:
            raise Refused("not_found")
        if len(stack) >= STACK:
            raise Refused("push_limit_reached")
        below = stack[-1]
        view = self._made(definition, kind="modal", user=below.user, now=now)
        view.root, view.previous = below.root, below.id
        self._show([*stack, view], user=view.user)
        return view

    def update(
        self,
        *,
        view_id: str | None,
        external_id: str | None = None,
        definition: Json,
        expected_hash: str | None,
        now: float,
    ) -> View:
        """Change a modal in place.

        Raises:
            Refused: ``not_found``, ``hash_conflict``, or a fault of the view.
        """
        view = self.find(view_id=view_id, external_id=external_id)
        if view is None:
            raise Refused("not_found")
        if expected_hash is not None and expected_hash != view.hash:
            raise Refused("hash_conflict")
        self._checked(definition, kind=view.definition["type"], owner=view.id)
        view.definition, view.hash = _complete(definition), self._hash(now)
        self.changes += 1
        return view

    def publish(self, *, user: str, definition: Json, expected_hash: str | None, now: float) -> View:
        """Show a home tab.

        Raises:
            Refused: ``hash_conflict`` or a fault of the view.
        """
        current = self.homes.get(user)
        if expected_hash is not None and current is not None and expected_hash != current.hash:
            raise Refused("hash_conflict")
        view = self._made(definition, kind="home", user=user, now=now)
        if current is not None:
            view.id = view.root = current.id
        self.homes[user] = view
        return view

    def find(self, *, view_id: str | None, external_id: str | None = None) -> View | None:
        """The open modal or home tab with this id."""
        for view in self._all():
            if view_id is not None and view.id == view_id:
                return view
            if external_id is not None and view.definition.get("external_id") == external_id:
                return view
        return None

    def close(self, view: View) -> None:
        """Take a modal, and what lies on it, off its stack."""
        stack = self.stacks.get(view.user, [])
        self._show(stack[: stack.index(view)], user=view.user)

    def clear(self, user: str) -> list[View]:
        """Take all modals of a person away; returns them, topmost first."""
        stack = self.stacks.get(user, [])
        self._show([], user=user)
        return stack[::-1]

    def payload(self, view: View, *, values: Json | None = None) -> Json:
        """The view as Slack sends it."""
        definition = view.definition
        return {
            **definition,
            **self._origin,
            "id": view.id,
            "hash": view.hash,
            "root_view_id": view.root,
            "previous_view_id": view.previous,
            "state": {"values": values or {}},
        }

    def _made(self, definition: Json, *, kind: str, user: str, now: float) -> View:
        self._checked(definition, kind=kind)
        view_id = f"V{secrets.token_hex(5).upper()}"
        return View(id=view_id, user=user, hash=self._hash(now), root=view_id, definition=_complete(definition))

    def _checked(self, definition: Json, *, kind: str, owner: str | None = None) -> None:
        if definition.get("type") != kind:
            raise Refused("invalid_arguments", (f"[ERROR] view type must be {kind} [json-pointer:/view/type]",))
        check_view(definition)
        external = definition.get("external_id")
        if external and any(
            each.definition.get("external_id") == external and each.id != owner for each in self._all()
        ):
            raise Refused("duplicate_external_id")

    def _holder(self, trigger_id: str, now: float) -> Trigger:
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise Refused("invalid_trigger" if trigger_id else "invalid_arguments")
        if trigger.spent:
            raise Refused("exchanged_trigger_id")
        if now > trigger.expires_at:
            raise Refused("expired_trigger_id")
        return trigger

    def _spend(self, trigger_id: str) -> None:
        self._triggers[trigger_id].spent = True

    def _show(self, stack: list[View], *, user: str) -> None:
        self.stacks[user] = stack
        self.changes += 1

    def _hash(self, now: float) -> str:
        self._hashes += 1
        return f"{int(now)}.{secrets.token_hex(4)}{self._hashes}"

    def _all(self) -> list[View]:
        return [view for stack in self.stacks.values() for view in stack] + list(self.homes.values())


def _complete(definition: Json) -> Json:
    """The view with every field that Slack sends back, whether the app set it or not."""
    fields: dict[str, Any] = {
        "type": definition["type"],
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "title": None,
        "submit": None,
        "close": None,
        "clear_on_close": False,
        "notify_on_close": False,
        "submit_disabled": False,
    }
    given = {key: value for key, value in definition.items() if value is not None}
    return {**fields, **given, "blocks": with_block_ids(definition["blocks"])}
