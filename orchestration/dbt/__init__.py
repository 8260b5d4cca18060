"""Run the dbt project as Dagster assets."""
