-- At most one row: the newest pipeline run with data of the project. Stages that come after the published version was
-- written count as 0.
select
    started_at,
    n_rows_in,
    n_rows_out,
    n_duplicates,
    n_rejected,
    journeys_s is null as is_before_marts,
    coalesce(load_s, 0) + coalesce(model_s, 0) + coalesce(embed_s, 0) + coalesce(topics_s, 0)
    + coalesce(label_s, 0) + coalesce(journeys_s, 0) + coalesce(publish_s, 0) as seconds
from marts.agg_pipeline_runs
where project_id = $project_id
order by started_at desc
limit 1
