"""Check whether a run would change anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts.home import Home
from orchestration.ingest.project_snapshot import take_snapshot
from orchestration.ingest.segments import list_segments
from orchestration.publish.fingerprint import fingerprint
from orchestration.publish.published_file import read_publication

if TYPE_CHECKING:
    from contracts.settings import Settings


def find_unchanged_run(settings: Settings) -> str | None:
    """Return the id of the run that published the marts if their inputs have not changed since; else None."""
    home = Home(settings.home)
    publication = read_publication(home) if home.warehouse.exists() else None
    if publication is None or (settings.has_llm and publication.n_own_names):
        return None
    landed = [segment.name for segment in list_segments(home.landing)]
    now = fingerprint(settings, take_snapshot(settings), landed)
    return publication.run_id if now == publication.fingerprint else None
