-- One row: the journeys of a project in numbers.
SELECT
    count(*) AS n_sessions,
    count(*) FILTER (WHERE n_steps > 0) AS n_journeys,
    count(*) FILTER (WHERE n_steps = 1) AS n_single,
    count(*) FILTER (WHERE n_returns > 0) AS n_with_return,
    count(*) FILTER (WHERE n_loops > 0) AS n_with_loop,
    coalesce(avg(n_steps) FILTER (WHERE n_steps > 0), 0) AS mean_steps,
    median(duration_s) FILTER (WHERE n_steps > 1) AS median_duration_s
FROM marts.fct_session_paths
WHERE project_id = $project_id
