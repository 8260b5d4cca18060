"""DAGSTER_HOME: Dagster's settings and its record of runs."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from contracts.durable_files import write_file
from contracts.home import Home
from orchestration.errors import DagsterHomeError
from orchestration.runs.event_log import PersistentEventLog
from orchestration.runs.run_launcher import ForkedRunLauncher

if TYPE_CHECKING:
    from contracts.settings import Settings

_TEMPLATE = Path(__file__).parent / "dagster.yaml"


def prepare_dagster_home(settings: Settings) -> Path:
    """Create the folder with its `dagster.yaml`; return the folder, for DAGSTER_HOME."""
    folder = Home(settings.home).dagster
    folder.mkdir(parents=True, exist_ok=True)
    event_log = {
        "module": PersistentEventLog.__module__,
        "class": PersistentEventLog.__name__,
        "config": {"base_dir": str(folder.absolute() / "history" / "runs")},  # Dagster's default place
    }
    launcher = {"module": ForkedRunLauncher.__module__, "class": ForkedRunLauncher.__name__}
    written = (
        f"{_TEMPLATE.read_text(encoding='utf-8')}\nevent_log_storage: {json.dumps(event_log)}\n"
        f"run_launcher: {json.dumps(launcher)}\n"
    )
    file = folder / "dagster.yaml"
    if not file.exists() or file.read_text(encoding="utf-8") != written:
        write_file(file, written.encode(), writers=f".{os.getpid()}")
    return folder


def open_instance(settings: Settings) -> dg.DagsterInstance:
    """Return the instance that records all runs.

    Raises:
        DagsterHomeError: Dagster does not read the home's settings.
    """
    folder = prepare_dagster_home(settings)
    instance = dg.DagsterInstance.from_config(str(folder))
    if instance.telemetry_enabled:  # Dagster ignores a dagster.yaml that it cannot find, and would send telemetry
        raise DagsterHomeError(f"Dagster cannot read {folder / 'dagster.yaml'}; choose a TURRET_HOME without * ? [ ].")
    return instance
