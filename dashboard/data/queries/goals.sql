-- One row per goal, as of the last run.
select
    goal,
    n_sessions,
    n_reached,
    reached_share,
    reached_low,
    reached_high,
    is_small_cell,
    median_time_to_goal_s
from marts.agg_goals
where project_id = $project_id
order by goal
