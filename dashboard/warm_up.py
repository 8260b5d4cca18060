"""Asks for the pages of a new version before people do, so that the first of them in the morning need not wait."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dashboard.data.address import Address
from dashboard.deferred_cards import CARDS_OF, card_at
from dashboard.errors import NothingPublishedError, UnreadableFileError
from dashboard.pages import LISTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dashboard.data.published import Published
    from dashboard.router import Router

PROJECTS_WARMED = 8
"""The largest ones; the answers that are kept suffice for about three times as many."""


class WarmUp:
    """Keeps the answers ready that pages need when nothing is chosen in their filters.

    Args:
        published: The published file; a new version has no answers yet.
        router: Makes the pages.
        every_s: Seconds between two looks for a new version.
    """

    def __init__(self, published: Published, router: Router, every_s: float) -> None:
        self._published = published
        self._router = router
        self._every_s = every_s
        self._warmed: str | None = None
        self._stop = threading.Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Look for new versions in a thread of its own for as long as the block runs."""
        thread = threading.Thread(target=self._run, name="warm-up", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def warm(self) -> None:
        """Ask for every page of the largest projects, once for a version."""
        version = self._published.version()
        if version is None or version == self._warmed:
            return
        try:
            projects = self._published.snapshot().rows("projects")
        except (NothingPublishedError, UnreadableFileError):  # who opens a page is told
            return
        self._warmed = version
        for project in projects[:PROJECTS_WARMED]:
            for page in LISTS:
                if self._stop.is_set():
                    return
                address = Address(project=project["project_id"]).to(*([page] if page else []))
                self._router.screen(address.path, address.search)
                for card in CARDS_OF.get(page, []):
                    card_at(self._published, address.href, card)

    def _run(self) -> None:
        while not self._stop.is_set():
            self.warm()
            self._stop.wait(self._every_s)
