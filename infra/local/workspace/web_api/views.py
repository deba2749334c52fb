"""``views``: modals and the Home tab."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from infra.local.workspace.errors import Json, Refused
from infra.local.workspace.state import Event, Workspace
from infra.local.workspace.web_api.arguments import Method, decoded, needed

if TYPE_CHECKING:
    from infra.local.workspace.views import View


def _views_open(workspace: Workspace, args: Json) -> Json:
    trigger_id, definition = str(args.get("trigger_id") or ""), _definition(args)
    view = workspace.views.open(trigger_id=trigger_id, definition=definition, now=workspace.now())
    return _shown(workspace, view)


def _views_push(workspace: Workspace, args: Json) -> Json:
    trigger_id, definition = str(args.get("trigger_id") or ""), _definition(args)
    view = workspace.views.push(trigger_id=trigger_id, definition=definition, now=workspace.now())
    return _shown(workspace, view)


def _views_update(workspace: Workspace, args: Json) -> Json:
    view = workspace.views.update(
        view_id=args.get("view_id"),
        external_id=args.get("external_id"),
        definition=_definition(args),
        expected_hash=args.get("hash"),
        now=workspace.now(),
    )
    return _shown(workspace, view)


def _views_publish(workspace: Workspace, args: Json) -> Json:
    [user] = needed(args, "user_id")
    if workspace.config.person(user) is None:
        raise Refused("user_not_found")
    view = workspace.views.publish(
        user=user, definition=_definition(args), expected_hash=args.get("hash"), now=workspace.now()
    )
    workspace.tell(Event(kind="home", user=user))
    return {"view": workspace.views.payload(view)}


def _shown(workspace: Workspace, view: View) -> Json:
    workspace.tell(Event(kind="home" if view.definition["type"] == "home" else "views", user=view.user))
    return {"view": workspace.views.payload(view)}


def _definition(args: Json) -> Json:
    view = decoded(args, "view")
    if not isinstance(view, dict):
        raise Refused("invalid_arguments", ("[ERROR] missing required field: view",))
    return view


METHODS: Final[dict[str, Method]] = {
    "views.open": _views_open,
    "views.push": _views_push,
    "views.update": _views_update,
    "views.publish": _views_publish,
}
