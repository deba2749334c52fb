"""A running workspace, the demo app behind it, and two people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.workspace.acting import Hands
from tests.integration.workspace.demo_app import DemoApp, app_in_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.workspace import WorkspaceServer


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_763_456_760.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[DemoApp, WorkspaceServer]]:
    with app_in_workspace(ack_seconds=30) as both:  # a busy machine is not what is tested
        yield both


@pytest.fixture
def demo(running: tuple[DemoApp, WorkspaceServer]) -> DemoApp:
    """The app, with nothing seen yet."""
    running[0].seen.clear()
    return running[0]


@pytest.fixture
def server(running: tuple[DemoApp, WorkspaceServer]) -> WorkspaceServer:
    """The workspace."""
    return running[1]


@pytest.fixture
def maya(server: WorkspaceServer, demo: DemoApp) -> Iterator[Hands]:
    """An agent, with no modal open."""
    hands = Hands(server.url, "U0AGENT01")
    yield hands
    for modal in hands.stack()[:1]:
        hands.post("/ui/close", view=modal["id"], all=True)
    hands.client.close()


@pytest.fixture
def priya(server: WorkspaceServer) -> Iterator[Hands]:
    """A specialist."""
    hands = Hands(server.url, "U0SPEC001")
    yield hands
    hands.client.close()
