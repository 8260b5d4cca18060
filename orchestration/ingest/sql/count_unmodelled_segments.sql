-- Loaded files that no run has brought through topics and journeys.
select count(*)
from raw.segments
where
    loaded_at >= (
        select if(count(*) = 2, min(stages.last_at), timestamp '1970-01-01')
        from (
            select
                stage_runs.stage,
                max(stage_runs.started_at) as last_at
            from ops.stage_runs
            where stage_runs.stage in ('topics', 'journeys')
            group by stage_runs.stage
        ) as stages
    )
