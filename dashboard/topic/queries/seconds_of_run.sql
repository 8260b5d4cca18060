-- One row: when the newest completed run with new events of the project began, how long it took, and the number of such
-- runs. Runs for edits alone have no new events and are not counted.
select
    max(started_at) as started_at,
    arg_max(
        coalesce(load_s, 0) + coalesce(model_s, 0) + coalesce(embed_s, 0) + coalesce(topics_s, 0)
        + coalesce(label_s, 0) + journeys_s + coalesce(publish_s, 0),
        started_at
    ) as seconds,
    count(*) as n_runs
from marts.agg_pipeline_runs
where project_id = $project_id and journeys_s is not null
