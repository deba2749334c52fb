"""``demo``: everything on this machine, with sample data and a Slack workspace in the browser."""

from __future__ import annotations

import argparse
import secrets
from typing import TYPE_CHECKING, Any, Final

import yaml

from infra.local import sample, seed
from infra.local.manifest import FILE as MANIFEST
from infra.local.processes import LOOPBACK, reserve, stop_on_signals, stop_with_parent
from infra.local.stack import LOCAL, ROOT, open_stack
from infra.local.workspace.config import WorkspaceConfig, cast_from, declared_by
from infra.local.workspace.server import serve

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from infra.local.stack import Stack

PORT: Final = 8000
PEOPLE: Final = ROOT / "infra" / "local" / "people.yaml"
WELCOME: Final = """
SOP Desk runs at {address}   (Ctrl-C stops it; what you do is kept for the next time)

  1. As Dana Whitfield, the admin: /transfers upload, attach
     {workbook}
     and activate the sheet.
  2. As Maya Torres, an agent: /infinity jane do
     and follow the call to its end: a case is opened.
  3. As Priya Nair, a specialist: #resolution-team, and claim the case.
"""


def main(argv: Sequence[str]) -> int:
    """Start everything, say where it is, and serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m infra.local demo", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT)
    port = parser.parse_args(argv).port
    stop_on_signals()
    stop_with_parent()
    bound = reserve(port)
    address = f"http://{LOOPBACK}:{port}"
    folder = LOCAL / ("demo" if port == PORT else f"demo-{port}")
    signing_secret, bot_token = secrets.token_hex(16), f"xoxb-{secrets.token_hex(16)}"
    with open_stack(folder, say=_say) as stack:
        stack.put_secrets(signing_secret=signing_secret, bot_token=bot_token)
        stack.point_at_slack(f"{address}/api/")
        workbook = _samples(stack)
        _say("warming the functions up")
        stack.warm_up()
        stack.aws.keep = True
        serve(
            WorkspaceConfig(
                app_url=stack.api_url,
                app_host_header=stack.api_host,
                signing_secret=signing_secret,
                bot_token=bot_token,
                state_file=folder / "workspace.json",
                **_cast(),
            ),
            bound=bound,
            ready=lambda _: print(WELCOME.format(address=address, workbook=workbook), flush=True),
        )
    return 0


def _samples(stack: Stack) -> Path:
    """Load the first sample sheet into a new stack; return the later one, for the admin to upload."""
    first, later = LOCAL / sample.FILE_NAME, LOCAL / sample.FILE_NAME.replace("v1", "v2")
    if stack.is_new or not later.exists():
        _say("writing the sample workbooks")
        sample.write_sample(first)
        sample.write_sample(later, changed=True)
    if stack.is_new:
        seed.give(stack, settings=PEOPLE, sheet=first, say=_say)
    return later


def _cast() -> dict[str, Any]:
    manifest = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    return {**cast_from(PEOPLE), **declared_by(manifest)}


def _say(stage: str) -> None:
    print(f"demo: {stage}", flush=True)
