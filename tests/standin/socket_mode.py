"""Slack's end of a socket, on loopback: where ``apps.connections.open`` sends an app in Socket Mode."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from websockets.sync.server import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from websockets.sync.server import ServerConnection


@contextmanager
def slack_socket(talk: Callable[[ServerConnection], None]) -> Iterator[str]:
    """Serve a socket, ``talk`` for each connection; yield its address."""
    with serve(talk, "127.0.0.1", 0) as sockets:
        threading.Thread(target=sockets.serve_forever, daemon=True).start()
        yield f"ws://127.0.0.1:{sockets.socket.getsockname()[1]}/"
