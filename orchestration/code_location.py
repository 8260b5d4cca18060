"""The module that Dagster's processes load (workspace.yaml): the definitions for the environment's installation."""

from __future__ import annotations

from contracts.home import Home
from contracts.settings import load_settings
from orchestration.definitions import build_definitions
from orchestration.runs.event_log import relax_fsync

settings = load_settings()
relax_fsync(Home(settings.home).dagster)
defs = build_definitions(settings)
