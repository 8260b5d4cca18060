"""The Dagster code location: everything between a landed file and the published marts."""
