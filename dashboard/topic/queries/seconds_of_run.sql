-- One row: how long the newest run took that has ended and brought the project something; null where there is none.
select
    arg_max(
        coalesce(load_s, 0) + coalesce(model_s, 0) + coalesce(embed_s, 0) + coalesce(topics_s, 0)
        + coalesce(label_s, 0) + journeys_s + coalesce(publish_s, 0),
        started_at
    ) as seconds
from marts.agg_pipeline_runs
where project_id = $project_id and journeys_s is not null
