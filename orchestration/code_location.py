"""What Dagster's processes load (workspace.yaml): the definitions over the installation the environment names."""

from __future__ import annotations

from contracts.settings import load_settings
from orchestration.definitions import build_definitions

defs = build_definitions(load_settings())
