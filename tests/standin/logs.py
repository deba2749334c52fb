"""What a function writes to its log, line by line, as CloudWatch would get it."""

from __future__ import annotations

import io
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_lambda_powertools import Logger


@contextmanager
def written_to(stream: io.StringIO, *loggers: Logger) -> Iterator[io.StringIO]:
    """Let functions' loggers write to a stream within the block."""
    handlers: set[Any] = {each.registered_handler for each in loggers}
    before = [(each, each.setStream(stream)) for each in handlers]
    try:
        yield stream
    finally:
        for handler, stream_before in before:
            handler.setStream(stream_before)


@contextmanager
def written_by(logger: Logger) -> Iterator[list[dict[str, Any]]]:
    """Collect the lines that a function's logger writes within the block; they are there once it ends."""
    lines: list[dict[str, Any]] = []
    try:
        with written_to(io.StringIO(), logger) as stream:
            yield lines
    finally:
        lines += map(json.loads, stream.getvalue().splitlines())
