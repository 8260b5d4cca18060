-- At most one row: the newest pipeline run that had data of the project; stages that have not been timed yet count 0.
SELECT
    started_at,
    n_rows_in,
    n_rows_out,
    n_duplicates,
    n_rejected,
    coalesce(load_s, 0) + coalesce(model_s, 0) + coalesce(embed_s, 0) + coalesce(topics_s, 0)
    + coalesce(label_s, 0) + coalesce(journeys_s, 0) + coalesce(publish_s, 0) AS seconds
FROM marts.agg_pipeline_runs
WHERE project_id = $project_id
ORDER BY started_at DESC
LIMIT 1
