-- One row: the journeys of a project in numbers. Overlong sessions are counted separately.
select
    count(*) as n_sessions,
    count(*) filter (where is_overlong) as n_overlong,
    count(*) filter (where n_steps = 0 and not is_overlong) as n_without,
    count(*) filter (where n_steps > 0 and not is_overlong) as n_journeys,
    count(*) filter (where n_steps = 1 and not is_overlong) as n_single,
    count(*) filter (where n_returns > 0 and not is_overlong) as n_with_return,
    count(*) filter (where n_loops > 0 and not is_overlong) as n_with_loop,
    coalesce(avg(n_steps) filter (where n_steps > 0 and not is_overlong), 0) as mean_steps,
    median(duration_s) filter (where n_steps > 1 and not is_overlong) as median_duration_s
from shown_paths
