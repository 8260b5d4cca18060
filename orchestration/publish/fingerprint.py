"""Say whether a run would change anything: hash all inputs of the published marts; with an equal hash it would not."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import orjson

from contracts.home import Home
from orchestration.dbt.sources import project_digest
from orchestration.ingest.downloads import download_segments
from orchestration.ingest.project_snapshot import take_snapshot
from orchestration.ingest.segments import list_segments
from orchestration.publish.published_file import read_publication
from orchestration.warehouse.sql_files import read_sql, sql_files
from projects.database import open_projects

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contracts.settings import Settings
    from orchestration.ingest.project_snapshot import ProjectSnapshot

UNFINISHED = "unfinished"
"""Stands for a hash if the next run has work to do even without new input."""

_SETTINGS_THAT_SHAPE_THE_MARTS = {
    "engine",
    "session_gap_minutes",
    "session_max_events",
    "publish_detail_days",
    "embedder",
    "embedding_base_url",
    "embedding_model",
    "embedding_model_file",
    "embedding_tokenizer_file",
    "llm_base_url",
    "llm_model",
    "courtesy_phrases",
}


def find_unchanged_run(settings: Settings) -> str | None:
    """Return the id of the run that published the marts if their inputs have not changed since; else None.

    Raises:
        LandingStoreError: the landing store of several hosts cannot be used.
    """
    home = Home(settings.home)
    publication = read_publication(home) if home.warehouse.exists() else None
    if publication is None or (settings.has_llm and publication.n_own_names):
        return None
    if requested_erasures(settings, only_open=True) or _is_too_old(settings):
        return None
    download_segments(settings)
    landed = [segment.name for segment in list_segments(home.landing)]
    now = fingerprint(settings, take_snapshot(settings), landed)
    return publication.run_id if now == publication.fingerprint else None


def requested_erasures(settings: Settings, *, only_open: bool = False) -> list[str]:
    """Return the ids of the requested erasures, or of those that no run has finished."""
    with open_projects(settings) as projects:
        return sorted(erasure.erasure_id for erasure in projects.erasures.list(only_open=only_open))


def _is_too_old(settings: Settings) -> bool:
    """Say whether a run has to look for events or texts that projects no longer keep, which is so once a day."""
    with open_projects(settings) as projects:
        return any(kept.due(datetime.now(UTC)) for kept in (projects.retention, projects.text_retention))


def fingerprint(settings: Settings, snapshot: ProjectSnapshot, segments: Iterable[str]) -> str:
    """Hash the names of the loaded files, the overrides, the relevant settings and the SQL (SHA-256)."""
    parts = [made_by(settings), *snapshot.tables, sorted(segments)]
    return hashlib.sha256(orjson.dumps(parts)).hexdigest()


def made_by(settings: Settings) -> str:
    """Hash the settings that shape the marts, and the SQL (SHA-256)."""
    chosen = settings.model_dump(mode="json", include=_SETTINGS_THAT_SHAPE_THE_MARTS)
    parts = [chosen, settings.has_llm, project_digest(), [read_sql(name) for name in sql_files()]]
    return hashlib.sha256(orjson.dumps(parts)).hexdigest()
