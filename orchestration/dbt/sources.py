"""The files of the dbt project, and a hash of them. This module imports neither dbt nor Dagster."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from contracts.tables import DBT_PROJECT

if TYPE_CHECKING:
    from pathlib import Path

_SOURCE_SUFFIXES = {".sql", ".yml", ".yaml", ".md", ".csv"}


def project_files() -> list[Path]:
    """List all files of the dbt project in a fixed order."""
    found = (path for path in DBT_PROJECT.rglob("*") if path.suffix in _SOURCE_SUFFIXES and path.is_file())
    return sorted(path for path in found if not {"target", "logs"} & set(path.relative_to(DBT_PROJECT).parts))


def project_digest() -> str:
    """Return the SHA-256 over names and contents of the project's files."""
    digest = hashlib.sha256()
    for path in project_files():
        digest.update(path.relative_to(DBT_PROJECT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
