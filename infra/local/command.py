"""What the commands that run the app have in common: their options, and how they tell how far they are."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def options(command: str, doc: str | None) -> argparse.ArgumentParser:
    """Return the parser of a command for any Slack: which it is, what the app is given, where its state is kept."""
    parser = argparse.ArgumentParser(prog=f"python -m infra.local {command}", description=doc)
    parser.add_argument("--slack-api-url", default=os.environ.get("SLACK_API_URL") or "https://slack.com/api/")
    parser.add_argument("--settings", type=Path, help="a people.yaml; a real workspace needs it the first time")
    parser.add_argument("--sheet", type=Path, help="a transfer workbook, imported and activated")
    parser.add_argument("--state", type=Path, help="keep the state in this folder, and start from it")
    return parser


def telling(command: str) -> Callable[[str], None]:
    """Return how a command says what it does; its output is for what it makes."""
    return lambda stage: print(f"{command}: {stage}", file=sys.stderr, flush=True)
