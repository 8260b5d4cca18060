"""Hash all inputs of the published marts: with an equal hash a run would change nothing."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import orjson

from orchestration.dbt.sources import project_digest
from orchestration.warehouse.sql_files import read_sql, sql_files

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contracts.settings import Settings
    from orchestration.ingest.project_snapshot import ProjectSnapshot

UNFINISHED = "unfinished"
"""Stands for a hash if the next run has work to do even without new input."""

_SETTINGS_THAT_SHAPE_THE_MARTS = {
    "session_gap_minutes",
    "session_max_events",
    "embedder",
    "embedding_base_url",
    "embedding_model",
    "embedding_model_file",
    "embedding_tokenizer_file",
    "llm_base_url",
    "llm_model",
    "courtesy_phrases",
}


def fingerprint(settings: Settings, snapshot: ProjectSnapshot, segments: Iterable[str]) -> str:
    """Hash the names of the loaded files, the overrides, the relevant settings and the SQL (SHA-256)."""
    chosen = settings.model_dump(mode="json", include=_SETTINGS_THAT_SHAPE_THE_MARTS)
    parts = [
        chosen,
        settings.has_llm,
        *snapshot.tables,
        sorted(segments),
        project_digest(),
        [read_sql(name) for name in sql_files()],
    ]
    return hashlib.sha256(orjson.dumps(parts)).hexdigest()
