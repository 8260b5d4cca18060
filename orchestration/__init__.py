"""Dagster: everything between a landed file and the published marts."""
