"""The dbt project for Dagster: the parsed project, and how models become assets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster import AssetKey
from dagster_dbt import DagsterDbtTranslator

from contracts.file_locks import lock_file
from contracts.home import Home
from contracts.tables import DBT_PROJECT
from orchestration.dbt.sources import project_digest
from orchestration.errors import DbtProjectError
from orchestration.warehouse.memory_limit import memory_limit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contracts.settings import Settings

WAREHOUSE_VARIABLE = "TURRET_WAREHOUSE"
MEMORY_VARIABLE = "TURRET_WAREHOUSE_MEMORY"
"""Values of the profile: the file, and the memory that DuckDB may use."""
_TARGETS = {"duckdb": "warehouse", "spark": "spark"}
BEFORE_ML = "tag:before_ml"
AFTER_ML = "tag:after_ml"
_GROUPS = {"raw": "sessions", "intermediate": "sessions", "ml": "topics", "ops": "marts_operations"}
"""Groups of models by their folder, in the order of the data flow; marts have one group per folder."""


def prepared_manifest(settings: Settings) -> Path:
    """Return the parsed project of this installation; parse it only if something that it depends on has changed.

    dbt reuses a parse only for the same variables and the same profile. The profile names the warehouse's file without
    its folder, so that a parse holds in whichever folder the installation lies. Safe with several processes at once.

    Raises:
        DbtProjectError: dbt cannot parse the project; the message ends with dbt's output.
    """
    home = Home(settings.home)
    home.dbt.mkdir(parents=True, exist_ok=True)
    manifest, stamp = home.dbt / "manifest.json", home.dbt / "manifest.sha256"
    with lock_file(home.dbt / "parse.lock", wait=True):
        digest = f"{project_digest()} {dbt_variables(settings)} {dbt_target(settings)}"
        if not manifest.exists() or not stamp.exists() or stamp.read_text(encoding="utf-8") != digest:
            _parse(settings)
            stamp.write_text(digest, encoding="utf-8")
    return manifest


def _parse(settings: Settings) -> None:
    target = str(Home(settings.home).dbt)
    places = ["--target-path", target, "--log-path", target, "--profiles-dir", str(DBT_PROJECT)]
    done = subprocess.run(  # noqa: S603 - our own command
        [dbt_executable(), "parse", "--target", dbt_target(settings), "--vars", dbt_variables(settings), *places],
        cwd=DBT_PROJECT,
        env={**os.environ, **profile_variables(Home(settings.home).warehouse.name)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise DbtProjectError(f"dbt cannot parse {DBT_PROJECT}: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def profile_variables(warehouse: str) -> dict[str, str]:
    """Return the environment variables that the profile reads."""
    return {WAREHOUSE_VARIABLE: warehouse, MEMORY_VARIABLE: memory_limit()}


def dbt_target(settings: Settings) -> str:
    """Return the target of the profile for the engine of the settings."""
    return _TARGETS[settings.engine]


def dbt_variables(settings: Settings) -> str:
    """Return the variables of the dbt project, as `--vars` takes them."""
    return json.dumps(
        {
            "session_gap_minutes": settings.session_gap_minutes,
            "session_max_events": settings.session_max_events,
            "sql_digest": project_digest(),
        }
    )


def column_descriptions(manifest: Path) -> dict[tuple[str, str], str]:
    """Return the descriptions of all columns, by the names of model and column."""
    nodes = json.loads(manifest.read_bytes())["nodes"].values()
    models = (node for node in nodes if node["resource_type"] == "model")
    return {
        (model["name"], name): column["description"] for model in models for name, column in model["columns"].items()
    }


def dbt_executable() -> str:
    """Return the dbt of this Python environment, regardless of PATH."""
    return str(Path(sys.executable).parent / "dbt")


class Translator(DagsterDbtTranslator):
    """Keys models as `schema/name`, like their tables, and groups them by their place before or after ML."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> AssetKey:
        """Return `schema/name` for models, `source/table` for sources."""
        return AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """Return `sessions` before the topic model, `topics` for its output, `marts_<folder>` for the marts."""
        folders = dbt_resource_props["fqn"][1:-1]
        if folders and folders[0] == "marts":
            return f"marts_{folders[1]}"
        return next((_GROUPS[folder] for folder in reversed(folders) if folder in _GROUPS), None)
