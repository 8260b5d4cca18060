-- One row per goal: the sessions that reach it, as agg_goals has it for all sessions.
select
    judged.goal,
    any_value(goals.kind) as kind,
    any_value(goals.field) as field,
    any_value(goals.value) as value,
    count(*) as n_sessions,
    count(*) filter (where judged.is_reached) as n_reached,
    count(*) filter (where judged.is_reached) / count(*) as reached_share,
    count(*) < 30 as is_small_cell,
    median(judged.time_to_goal_s) as median_time_to_goal_s,
    median(judged.n_steps_to_goal) as median_steps_to_goal
from shown_goal_sessions as judged
inner join marts.agg_goals as goals
    on goals.project_id = $project_id and judged.goal = goals.goal
where not judged.is_overlong
group by judged.goal
order by judged.goal asc
