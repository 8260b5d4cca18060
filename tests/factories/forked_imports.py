"""What the process imports from which commands are forked: all that the pipeline and dbt take seconds to load."""

import dbt.adapters.duckdb
import dbt.cli.main

import cli.main
import orchestration.graph_run

__all__ = ["cli", "dbt", "orchestration"]
