"""The workspace as one Starlette application."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from infra.local.workspace.dispatch import Dispatcher
from infra.local.workspace.errors import Refused
from infra.local.workspace.guard import Guard
from infra.local.workspace.live import Streams
from infra.local.workspace.routes_app import AppRoutes
from infra.local.workspace.routes_page import PageRoutes
from infra.local.workspace.state import Workspace
from infra.local.workspace.transport import Transport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Scope

    from infra.local.workspace.config import WorkspaceConfig

STATIC = Path(__file__).parent / "static"


class FreshFiles(StaticFiles):
    """Static files that a browser asks about each time, so that a new version is never mixed with an old one."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """One file."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def create_app(config: WorkspaceConfig) -> Starlette:
    """A workspace for one app. ``app.state.workspace`` is its state, ``app.state.streams`` its open pages."""
    workspace = Workspace(config)
    streams = Streams(workspace)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        if config.state_file and config.state_file.is_file():
            workspace.load(config.state_file)
        async with httpx.AsyncClient(timeout=None, follow_redirects=False, trust_env=False) as client:  # noqa: S113  Transport gives up by itself
            dispatcher = Dispatcher(workspace, Transport(workspace, client))
            app.state.dispatcher = dispatcher
            if config.verify_url_on_start:
                dispatcher.spawn(dispatcher.verify_url())
            yield
            await dispatcher.stop()
        if config.state_file:
            workspace.save(config.state_file)

    app_side = AppRoutes(workspace)
    page_side = PageRoutes(workspace, streams)
    routes: list[Route | Mount] = [
        *app_side.routes(),
        *page_side.routes(),
        Mount("/static", FreshFiles(directory=STATIC)),
    ]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(Guard)],
        exception_handlers={Refused: _refused, msgspec.DecodeError: _undecoded},
        lifespan=lifespan,
    )
    app.state.workspace = workspace
    app.state.streams = streams
    return app


async def _refused(_request: Request, refusal: Exception) -> Response:
    """The page asked for something that is not there."""
    return JSONResponse({"problem": str(refusal)}, status_code=404)


async def _undecoded(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"problem": "This request cannot be read."}, status_code=400)
