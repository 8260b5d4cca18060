"""Configure Dagster, and record, time and retry the steps of runs."""
