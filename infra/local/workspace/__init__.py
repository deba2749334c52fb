"""A small Slack workspace for one app, in the browser, on this machine."""

from infra.local.workspace.app import create_app
from infra.local.workspace.config import (
    Channel,
    Command,
    Group,
    Person,
    WorkspaceConfig,
    cast_from,
    cast_of,
    commands_of,
    declared_by,
)
from infra.local.workspace.server import WorkspaceServer, serve

__all__ = [
    "Channel",
    "Command",
    "Group",
    "Person",
    "WorkspaceConfig",
    "WorkspaceServer",
    "cast_from",
    "cast_of",
    "commands_of",
    "create_app",
    "declared_by",
    "serve",
]
