"""Imports of pipeline runs and Dagster's programs: `turret up` imports them once and forks from there."""

from __future__ import annotations

import dagster._daemon.cli
import dagster_webserver.cli
import dbt.adapters.duckdb
import sklearn.feature_extraction.text
import sklearn.linear_model
import sklearn.manifold

from orchestration import code_location
from orchestration.dbt import invocation

__all__ = ["code_location", "dagster", "dagster_webserver", "dbt", "invocation", "sklearn"]
