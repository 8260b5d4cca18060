-- One row: the newest published event, and the run that loaded it.
select
    max(fresh_until) as fresh_until,
    max(started_at) as run_at
from marts.agg_pipeline_runs
where project_id = $project_id
