"""The local run's commands: ``python -m infra.local COMMAND …``."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Final

from infra.local.processes import LocalRunError

COMMANDS: Final = {
    "demo": "everything, with sample data and a Slack workspace in the browser",
    "serve": "the app on a local AWS, for any Slack or Slack stand-in",
    "pilot": "the app for a real Slack workspace over Socket Mode, without an AWS account",
    "sheet": "read and check a workbook as an import would",
    "search": "look projects up in a workbook",
    "sample": "write a sample workbook",
    "browser": "find or get the browser that the tests use",
    "manifest": "the Slack app's manifest with its address filled in",
}


def main() -> int:
    """Run one command; a failure is one sentence."""
    command, *argv = sys.argv[1:] or ["--help"]
    if command not in COMMANDS:
        print("python -m infra.local COMMAND …", *(f"  {name:10}{what}" for name, what in COMMANDS.items()), sep="\n")
        return 0 if command in {"-h", "--help"} else 2
    try:
        return int(import_module(f"infra.local.{command}").main(argv))
    except LocalRunError as error:
        print(f"{command}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
