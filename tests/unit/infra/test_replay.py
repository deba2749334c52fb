"""Dead deliveries of a deployed stack are revived from a checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[3]


def test_from_a_checkout(tmp_path: Path) -> None:
    """Nothing but the checkout is needed to start it; what AWS's tools lack is said in one line."""
    bare = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "AWS_EC2_METADATA_DISABLED": "true"}
    command = [sys.executable, "-m", "infra.replay", "--stack", "desk"]
    done = subprocess.run(command, cwd=ROOT, env=bare, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line == "The dead deliveries of desk could not all be revived: You must specify a region."
