"""Running the workspace on loopback, with an orderly end even while pages are open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import uvicorn

from infra.local.workspace.app import create_app

if TYPE_CHECKING:
    import socket
    from types import FrameType

    from starlette.applications import Starlette

    from infra.local.workspace.config import WorkspaceConfig

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
Ready = Callable[[str], None]


class WorkspaceServer(uvicorn.Server):
    """Says when it listens, and ends the event streams when told to stop, so that stopping takes no time."""

    def __init__(self, app: Starlette, *, host: str, port: int, ready: Ready | None = None) -> None:
        config = uvicorn.Config(
            app, host=host, port=port, log_level="warning", access_log=False, timeout_graceful_shutdown=5, lifespan="on"
        )
        super().__init__(config)
        self._app = app
        self._ready = ready
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def url(self) -> str:
        """The address at which the workspace is reached, once it listens."""
        port = self.servers[0].sockets[0].getsockname()[1]
        return f"http://{self.config.host}:{port}"

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, then say so."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        if self.started:
            workspace = self._app.state.workspace
            workspace.base_url = workspace.config.public_url or self.url
            if self._ready:
                self._ready(self.url)

    def handle_exit(self, _sig: int, _frame: FrameType | None) -> None:
        """SIGINT or SIGTERM: end, and return from ``run``; a second one does not wait for open requests."""
        self.force_exit = self.should_exit
        self.stop()

    def stop(self) -> None:
        """End; may be called from any thread."""
        self.should_exit = True
        if self._loop and self._loop.is_running():
            self._loop.call_soon_threadsafe(self._app.state.streams.stop)


def serve(
    config: WorkspaceConfig,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    ready: Ready | None = None,
    bound: socket.socket | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, on a port or on a socket that is already ``bound``.

    ``ready`` is called with the address once the workspace listens.

    Raises:
        ValueError: ``host`` is not this machine alone.
    """
    if host not in LOOPBACK:
        raise ValueError(f"the workspace has no passwords: it serves loopback only, not {host}")
    server = WorkspaceServer(create_app(config), host=host, port=port, ready=ready)
    server.run(sockets=[bound] if bound else None)
