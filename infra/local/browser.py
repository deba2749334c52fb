"""``browser``: finds a Chromium for the browser tests, or gets one where it may."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMES: Final = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
MAC: Final = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
WAYS: Final = (
    (
        "apt-get",
        ("apt-get", "update", "-qq"),
        ("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"),
    ),
    ("playwright", (sys.executable, "-m", "playwright", "install", "chromium")),
)


def find() -> Path | None:
    """Return an installed Chromium or Chrome, or the one that Playwright fetched."""
    for name in NAMES:
        if path := shutil.which(name):
            return Path(path)
    return MAC if MAC.exists() else _fetched()


def _fetched() -> Path | None:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - starts a process of its own

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return path if path.exists() else None


def main(_argv: Sequence[str]) -> int:
    """Say which browser the tests use; where none can be had, say that, and let the rest go on."""
    found = find() or _get()
    print(f"browser: {found}" if found else "browser: no Chromium is here and none could be installed.")
    return 0


def _get() -> Path | None:
    for name, *commands in WAYS:
        if name == "apt-get" and not (shutil.which("apt-get") and os.geteuid() == 0):
            continue
        print(f"browser: none found, trying {name}", flush=True)
        if all(_did(command) for command in commands) and (found := find()):
            return found
    return None


def _did(command: Sequence[str]) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)
    return done.returncode == 0
