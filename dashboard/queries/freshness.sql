-- One row: the newest event that the published numbers know of, and the run that loaded it.
SELECT
    max(fresh_until) AS fresh_until,
    max(started_at) AS run_at
FROM marts.agg_pipeline_runs
WHERE project_id = $project_id
