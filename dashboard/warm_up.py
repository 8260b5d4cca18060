"""Load the pages of a new version before visitors do, so that the first visitor need not wait."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from contracts.errors import TurretError
from dashboard.data.address import Address
from dashboard.deferred_cards import CARDS_OF, card_at
from dashboard.pages import LISTS
from dashboard.sign_in import set_program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dashboard.data.published import Published
    from dashboard.router import Router

PROJECTS_WARMED = 8
"""Number of projects to warm, the largest ones; the cache has room for about three times as many."""


class WarmUp:
    """Fills the caches with the results of the unfiltered pages.

    Args:
        published: the published file; a new version begins with empty caches.
        router: makes the pages.
        every_s: seconds between two checks for a new version.
    """

    def __init__(self, published: Published, router: Router, every_s: float) -> None:
        self._published = published
        self._router = router
        self._every_s = every_s
        self._warmed: str | None = None
        self._stop = threading.Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Check for new versions in a thread until the block ends."""
        thread = threading.Thread(target=self._run, name="warm-up", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def warm(self) -> None:
        """Load every page of the largest projects, once for a version."""
        version = self._published.version()
        if version is None or version == self._warmed:
            return
        try:
            projects = self._published.snapshot().rows("projects")
        except TurretError:  # the visitor who opens the page sees the error
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
        set_program()
        while not self._stop.is_set():
            self.warm()
            self._stop.wait(self._every_s)
