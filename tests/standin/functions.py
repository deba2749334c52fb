"""The five functions in this process, and what makes each of them begin as a new container does."""

from __future__ import annotations

from typing import Any, Final

from functions.deliver import app as deliver
from functions.import_sheet import app as import_sheet
from functions.publish import app as publish
from functions.slack import app as slack
from functions.sweep import app as sweep
from sop_aws import clients, secrets
from sop_aws.correlation import correlate

# Whatever they have of their own is no type's: a handler is put in another's place, and a logger given another stream.
FUNCTIONS: Final[dict[str, Any]] = {
    "slack": slack,
    "deliver": deliver,
    "import_sheet": import_sheet,
    "publish": publish,
    "sweep": sweep,
}
QUEUES: Final = {
    "DELIVER_QUEUE_URL": "deliver",
    "IMPORT_QUEUE_URL": "import_sheet",
    "PUBLISH_QUEUE_URL": "publish",
}
"""The function that each queue triggers."""
FEW_DAYS: Final = {"A_STEP": 2, "LONGEST_KEPT": 2}
"""Whoever forgets a customer asks for the runs of each of three years' days: of these a few are enough."""


def cold_start() -> None:
    """Let every function begin as a new container does: with nothing that it made before, at nobody's request."""
    for module in (*FUNCTIONS.values(), clients, secrets):
        for made in vars(module).values():
            if hasattr(made, "cache_clear") and made.__module__ == module.__name__:
                made.cache_clear()
    for function in FUNCTIONS.values():
        correlate(function.logger, None)
