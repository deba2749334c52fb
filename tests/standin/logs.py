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
def written_by(logger: Logger) -> Iterator[list[dict[str, Any]]]:
    """Collect the lines that a function's logger writes within the block; they are there once it ends."""
    handler = logger.registered_handler
    lines: list[dict[str, Any]] = []
    stream = io.StringIO()
    before = handler.setStream(stream)  # type: ignore[attr-defined]  # powertools logs to a stream
    try:
        yield lines
    finally:
        handler.setStream(before)  # type: ignore[attr-defined]  # same
        lines += map(json.loads, stream.getvalue().splitlines())
