"""Headless Chromium, and pages of it that one test takes over from another."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, ViewportSize, expect, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

_PROGRAMS = (Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium"))
CHROMIUM = next((program for program in _PROGRAMS if program.exists()), _PROGRAMS[-1])
"""The shell of Debian's package of that name takes a fifth less of the CPU than the whole browser without a window."""
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WINDOW: ViewportSize = {"width": 1440, "height": 900}
_FOLLOW = "url => { history.pushState({}, '', url); dispatchEvent(new CustomEvent('_dashprivate_pushstate')); }"
"""What a link of Dash does."""
_NOTHING = "/topics/left"
"""An address at which the dashboard shows a short sentence."""

expect.set_options(timeout=30_000)  # the first page reads 7 MB of scripts, on a machine that runs other tests too


@contextmanager
def run_browser(folder: Path) -> Iterator[BrowserContext]:
    """A browser with a profile on disk, where it keeps scripts and what it compiled of them, as it does for people.

    Motion is reduced, as people may ask for, so that no test waits for it.
    """
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch_persistent_context(
            folder, executable_path=CHROMIUM, args=ARGUMENTS, viewport=WINDOW, reduced_motion="reduce"
        )
        yield launched
        launched.close()


@dataclass
class Tab:
    """A page, and what it was blamed for: errors in its console, requests to other machines, answers that refuse."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        note = self.complaints.append
        self.page.on("console", lambda said: note(said.text) if said.type in {"error", "warning"} else None)
        self.page.on("pageerror", lambda error: note(str(error)))
        self.page.on("request", lambda asked: note(asked.url) if _is_off_loopback(asked.url) else None)
        self.page.on("response", lambda got: note(f"{got.status} {got.url}") if got.status >= 400 else None)


@dataclass
class Tabs:
    """Lends a page of a browser to a test, and the same one to the next: loading all scripts costs most of a test.

    Each test begins with `go_to`, which leaves nothing of the page before; a page that failed a test is not used again.
    """

    browser: BrowserContext
    kept: list[Tab] = field(default_factory=list)

    @contextmanager
    def lend(self, request: pytest.FixtureRequest) -> Iterator[Page]:
        """Lend a page, which must not be blamed for anything.

        Raises:
            AssertionError: it was.
        """
        tab = self.kept.pop() if self.kept else Tab(self.browser.new_page())
        tab.page.set_viewport_size(WINDOW)
        tab.page.mouse.move(0, 0)
        tab.complaints.clear()
        n_failed = request.session.testsfailed
        yield tab.page
        tab.page.evaluate("localStorage.clear()")
        if tab.complaints or request.session.testsfailed > n_failed:
            tab.page.close()
        else:
            self.kept.append(tab)
        assert tab.complaints == []

    def close(self) -> None:
        """Close what is kept, so that the next test loads its page."""
        while self.kept:
            self.kept.pop().page.close()


def _is_off_loopback(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme not in {"data", "blob"} and parts.hostname != "127.0.0.1"


def go_to(page: Page, url: str) -> None:
    """Open an address of the dashboard: as its links do where the page shows the dashboard, else by loading it."""
    if not page.url.startswith("http") or page.url == url:
        page.goto(url)
        return
    site = urlsplit(url)
    follow(page, f"{site.scheme}://{site.netloc}{_NOTHING}?{site.query}")
    expect(page.locator("h1")).to_have_text("This topic was not found")
    follow(page, url)


def follow(page: Page, url: str) -> None:
    """Go on to another address of the site as its links do, without loading it again."""
    with page.expect_response(lambda answer: "page.children" in (answer.request.post_data or "")):
        page.evaluate(_FOLLOW, url)
    expect(page.locator("[data-dash-is-loading]")).to_have_count(0)
