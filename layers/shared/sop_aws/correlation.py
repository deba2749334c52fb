"""The correlation id: what one request of Slack is called in every log, from the request itself to the card."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

_id: Final[ContextVar[str | None]] = ContextVar("correlation", default=None)


def correlate(logger: Logger, request: str | None) -> None:
    """Let what follows belong to a request: its lines in the log, and the rows and messages that it leaves.

    ``request`` is Lambda's id of the call that took Slack's request (or, of what time does, the sweep's): random, and
    nobody's. ``None``: what is done now was asked for before ids were kept.
    """
    _id.set(request)
    logger.set_correlation_id(request)


def current() -> str | None:
    """Return the id of the request at hand; ``None`` outside of one."""
    return _id.get()
