"""Logs without customer data: structured lines, never events, never the text of an error."""

from __future__ import annotations

import logging
import traceback
from typing import Any, Final

from aws_lambda_powertools import Logger

_CHATTY: Final = {
    "boto3": logging.WARNING,
    "botocore": logging.WARNING,
    # It quotes a request that nobody listens to, over several lines.
    "slack_bolt": logging.CRITICAL,
    # It quotes answers it cannot read; what went wrong is told by whoever called it.
    "slack_sdk": logging.CRITICAL,
    "urllib3": logging.WARNING,
}


def make_logger() -> Logger:
    """Return the function's logger, with the libraries held down: at INFO and DEBUG they log whole requests."""
    for name, level in _CHATTY.items():
        logging.getLogger(name).setLevel(level)
    return Logger()


def fault(error: BaseException) -> dict[str, Any]:
    """Describe an unexpected error by its kind and place: its text may quote what a customer said."""
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "error": f"{type(error).__module__}.{type(error).__qualname__}",
        "where": [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames],
    }
