"""Serving an app on a port that is already ours, until a signal comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import uvicorn

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from starlette.applications import Starlette

FAREWELL_SECONDS: Final = 1


class Server(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config, *, announce: Callable[[], None]) -> None:
        """Call ``announce`` from then on."""
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, then say so."""
        await super().startup(sockets=sockets)
        self._announce()


def serve(app: Starlette, bound: socket.socket, *, announce: Callable[[], None]) -> None:
    """Serve ``app``, call ``announce`` once it answers, and return (or raise ``SystemExit``) on SIGTERM or Ctrl-C."""
    config = uvicorn.Config(
        app, log_level="error", access_log=False, timeout_graceful_shutdown=FAREWELL_SECONDS, timeout_keep_alive=75
    )
    Server(config, announce=announce).run(sockets=[bound])
