"""dbt as Dagster sees it: the parsed project, the environment dbt runs in, and how models become assets."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster import AssetKey
from dagster_dbt import DagsterDbtTranslator, DbtCliResource

from orchestration.errors import DbtProjectError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contracts.home import Home

PROJECT = Path(__file__).resolve().parent.parent / "dbt_project"
TARGET = PROJECT / "target"
BEFORE_ML = "tag:before_ml"
AFTER_ML = "tag:after_ml"
_SOURCE_SUFFIXES = {".sql", ".yml", ".yaml", ".md", ".csv"}
_GROUPS = {"before_ml": "sessions", "after_ml": "journeys"}


def project_files() -> list[Path]:
    """Every file that the dbt project is made of, in a fixed order."""
    found = (path for path in PROJECT.rglob("*") if path.suffix in _SOURCE_SUFFIXES and path.is_file())
    return sorted(path for path in found if not {"target", "logs"} & set(path.relative_to(PROJECT).parts))


def project_digest() -> str:
    """SHA-256 over names and contents of the project's files."""
    digest = hashlib.sha256()
    for path in project_files():
        digest.update(path.relative_to(PROJECT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def prepared_manifest() -> Path:
    """The parsed project, parsed again only when a file of it has changed; safe with several processes at once.

    Raises:
        DbtProjectError: dbt cannot parse the project; the message ends with what dbt says.
    """
    TARGET.mkdir(parents=True, exist_ok=True)
    manifest, stamp = TARGET / "manifest.json", TARGET / "manifest.sha256"
    with (TARGET / "parse.lock").open("a", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        digest = project_digest()
        if not manifest.exists() or not stamp.exists() or stamp.read_text(encoding="ascii") != digest:
            _parse()
            stamp.write_text(digest, encoding="ascii")
    return manifest


def _parse() -> None:
    command = [dbt_executable(), "parse", "--target-path", str(TARGET), "--log-path", str(TARGET)]
    environment = {**os.environ, "DBT_PROFILES_DIR": str(PROJECT), "TURRET_WAREHOUSE": ":memory:"}
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    if done.returncode:
        raise DbtProjectError(f"dbt cannot parse {PROJECT}: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def dbt_executable() -> str:
    """The dbt of this Python environment, whatever PATH says."""
    return str(Path(sys.executable).parent / "dbt")


def dbt_resource(home: Home) -> DbtCliResource:
    """Give dbt over the warehouse of `home`; what it writes goes to `home.dbt`."""
    home.dbt.mkdir(parents=True, exist_ok=True)
    os.environ["TURRET_WAREHOUSE"] = str(home.warehouse)
    os.environ["DBT_TARGET_PATH"] = str(home.dbt)
    _offer_partial_parse(home)
    return DbtCliResource(project_dir=str(PROJECT), profiles_dir=str(PROJECT), dbt_executable=dbt_executable())


def _offer_partial_parse(home: Home) -> None:
    """Put the parse result where dagster-dbt looks for it, so that no run parses the project again."""
    parsed, offered = TARGET / "partial_parse.msgpack", home.dbt / "partial_parse.msgpack"
    if parsed.exists() and not (offered.exists() and parsed.samefile(offered)):
        offered.unlink(missing_ok=True)
        offered.symlink_to(parsed)


class Translator(DagsterDbtTranslator):
    """Models are keyed `schema/name` like the tables they make, and grouped by their place before or after ML."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> AssetKey:
        """`schema/name` for models, `source/table` for sources."""
        return AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """`sessions` before ML, `journeys` after it."""
        tags = dbt_resource_props.get("tags", [])
        return next((group for tag, group in _GROUPS.items() if tag in tags), None)
