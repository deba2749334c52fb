"""The whole local run, started as `make demo` starts it, and people in real browsers."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from infra.local import sample
from infra.local.browser import find
from infra.local.processes import free_port
from infra.local.stack import LOCAL, ROOT
from tests.unit.docs.pages import IMAGES, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

QUIET: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""No part of the browser may look for anything outside this machine."""

SHOW_INSPECTOR: Final = """
shown => document.querySelectorAll(".inspector, [data-toggle=inspector]").forEach(each => {
  each.style.display = shown ? "" : "none";
})
"""
"""By script: the page takes no style sheets from elsewhere."""
STOP_SECONDS: Final = 60
PATIENCE_MS: Final = 45_000


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--screenshots",
        type=Path,
        help="keep screenshots in this folder; docs/images takes those that pages show",
    )


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium. Without one the browser tests are not run: told, and a failure on CI."""
    program = find()
    if program is None:
        reason = "no Chromium or Chrome is installed, and none could be fetched (python -m infra.local browser)"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        yield chromium
        chromium.close()


@dataclass(frozen=True)
class Demo:
    """The running demo: its address and the workbook it offers to upload."""

    address: str
    workbook: Path


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    """`make demo` on a free port, with a state of its own; it has to end by itself when asked to."""
    port = free_port()
    command = [sys.executable, "-m", "infra.local", "demo", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told: list[str] = []
            for line in process.stdout:
                told.append(line)
                if f"http://127.0.0.1:{port}" in line:
                    break
            assert process.poll() is None, "".join(told)
            yield Demo(f"http://127.0.0.1:{port}", LOCAL / sample.FILE_NAME.replace("v1", "v2"))
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(STOP_SECONDS)
            shutil.rmtree(LOCAL / f"demo-{port}", ignore_errors=True)


@dataclass
class Someone:
    """One person in a browser of their own."""

    page: Page
    demo: Demo
    user: str

    def go(self, channel: str) -> Someone:
        """Look at a channel, or at the app's own messages (``D…``)."""
        self.page.goto(f"{self.demo.address}/?user={self.user}&channel={channel}")
        return self

    def type_command(self, text: str) -> None:
        """Type into the composer and send it."""
        composer = self.page.get_by_role("combobox", name="Message ")
        composer.fill(text)
        composer.press("Enter")

    @property
    def modal(self) -> Locator:
        """The modal in front."""
        return self.page.get_by_role("dialog").last

    @property
    def messages(self) -> Locator:
        """The messages of the channel."""
        return self.page.get_by_role("log", name="Messages", exact=True)


@dataclass
class Crowd:
    """Everyone in the story, each with a browser of their own."""

    browser: Browser
    demo: Demo
    contexts: list[BrowserContext] = field(default_factory=list)

    def join(self, user: str, channel: str, *, width: int = 1360, height: int = 850) -> Someone:
        """Open a browser for ``user``."""
        context = self.browser.new_context(viewport={"width": width, "height": height}, locale="en-US")
        context.set_default_timeout(PATIENCE_MS)
        self.contexts.append(context)
        someone = Someone(context.new_page(), self.demo, user).go(channel)
        # The workspace keeps a person's open modals; the next story starts without those of the last.
        expect(someone.page.locator("#modals[data-changes]")).to_have_count(1)
        held = someone.page.locator("dialog[data-view]")
        for left in reversed(range(held.count())):
            someone.page.keyboard.press("Escape")
            expect(held).to_have_count(left)
        return someone


@pytest.fixture
def crowd(browser: Browser, demo: Demo) -> Iterator[Crowd]:
    """People in browsers, sent home at the end."""
    people = Crowd(browser, demo)
    yield people
    for context in people.contexts:
        context.close()


@pytest.fixture
def picture(request: pytest.FixtureRequest, tmp_path: Path) -> Picture:
    """Takes screenshots, into ``--screenshots`` or a folder that is thrown away."""
    folder = (request.config.getoption("--screenshots") or tmp_path).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return Picture(folder, shown() if folder == IMAGES else None)


@dataclass(frozen=True)
class Picture:
    """Screenshots by name; for the documents ``only`` those that they show, without what surrounds the app."""

    folder: Path
    only: frozenset[Path] | None = None

    def take(self, someone: Someone, name: str) -> None:
        """Take what the person sees."""
        path = self.folder / f"{name}.png"
        if self.only is None:
            someone.page.screenshot(path=path, animations="disabled")
        elif path in self.only:
            dialogs = someone.page.get_by_role("dialog")
            seen = dialogs.last if dialogs.count() else someone.page
            someone.page.evaluate(SHOW_INSPECTOR, arg=False)
            seen.screenshot(path=path, animations="disabled")
            someone.page.evaluate(SHOW_INSPECTOR, arg=True)
