"""A real Chromium without a window, and a page that tells of every complaint."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.harness import PATIENCE_S, ServerProcess

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PHONE = {"width": 390, "height": 844}


@dataclass
class Viewer:
    """A person who looks at the dashboard."""

    page: Any
    complaints: list[str] = field(default_factory=list)
    """What the console and the page's own errors say."""
    forgiven: str | None = None
    """What a complaint may say in this test."""

    def open(self, server: ServerProcess) -> Any:
        """The page, with its first figures there."""
        self.page.goto(server.endpoints["ops"] + "/")
        self.page.wait_for_selector("#lanes article")
        return self.page

    def leave(self) -> None:
        """Look elsewhere, before the server goes: its silence is no fault of the page."""
        self.page.goto("about:blank")

    def surprised(self, dialog: Any) -> None:
        """The page has no alerts: what raises one was let in."""
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def serious(self) -> list[str]:
        return [each for each in self.complaints if self.forgiven is None or self.forgiven not in each]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """For the time of a module: while it runs, no other event loop can."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("chromium is not installed; on Debian: apt-get install chromium")
    # Chromium's sandbox refuses to run as root.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=found, args=arguments, timeout=PATIENCE_S * 1000)
        yield browser
        browser.close()


@pytest.fixture
def viewer(browser: Any, request: pytest.FixtureRequest) -> Iterator[Viewer]:
    """A fresh page. A test's `context` marker says what it is looked at with. Complaints fail the test."""
    options: dict[str, Any] = next((mark.kwargs for mark in request.node.iter_markers("context")), {})
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE_S * 1000)
    viewer = Viewer(context.new_page())
    viewer.page.on("console", lambda message: viewer.complaints.append(f"{message.type}: {message.text}"))
    viewer.page.on("pageerror", lambda error: viewer.complaints.append(f"error: {error}"))
    viewer.page.on("dialog", viewer.surprised)
    yield viewer
    viewer.page.unroute_all(behavior="wait")
    context.close()
    assert viewer.serious() == []
