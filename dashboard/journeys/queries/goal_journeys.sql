-- One row: journeys (sessions with a topic) that reach the goal $goal, and those that do not.
select
    count(*) filter (where judged.is_reached) as n_reached,
    count(*) filter (where not judged.is_reached) as n_unreached
from shown_goal_sessions as judged
inner join shown_paths as paths on judged.session_id = paths.session_id
where judged.goal = $goal and not judged.is_overlong and paths.n_steps > 0
