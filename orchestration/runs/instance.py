"""DAGSTER_HOME: where Dagster keeps its runs, and how it is told to behave."""

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
    """Make the folder with its `dagster.yaml`; gives the folder, for DAGSTER_HOME."""
    folder = Home(settings.home).dagster
    folder.mkdir(parents=True, exist_ok=True)
    event_log = {
        "module": PersistentEventLog.__module__,
        "class": PersistentEventLog.__name__,
        "config": {"base_dir": str(folder.absolute() / "history" / "runs")},  # where Dagster keeps it by itself, too
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
    """Return the instance in which runs are recorded, whoever starts them.

    Raises:
        DagsterHomeError: Dagster does not take its settings from the home.
    """
    folder = prepare_dagster_home(settings)
    instance = dg.DagsterInstance.from_config(str(folder))
    if instance.telemetry_enabled:  # Dagster overlooks a dagster.yaml that it cannot find, and would call home
        raise DagsterHomeError(
            f"Dagster does not read {folder / 'dagster.yaml'}; choose a TURRET_HOME without * ? [ ]."
        )
    return instance
