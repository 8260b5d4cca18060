-- One row per path of at least one step, most sessions first: how many of its sessions reach the goal $goal, like
-- agg_goal_variants for all sessions.
select
    paths.variant_id,
    any_value(paths.path) as path,
    count(*) as n_sessions,
    count(*) filter (where judged.is_reached) as n_reached,
    count(*) filter (where judged.is_reached) / count(*) as reached_share,
    count(*) < 30 as is_small_cell,
    median(judged.time_to_goal_s) as median_time_to_goal_s
from shown_goal_sessions as judged
inner join shown_paths as paths on judged.session_id = paths.session_id
where judged.goal = $goal and not judged.is_overlong and paths.n_steps > 0
group by paths.variant_id
order by n_sessions desc, paths.variant_id asc
limit $listed
