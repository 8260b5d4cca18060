-- One row per goal: how many people had a session, and reached it. A session without a named user is one person.
select
    goal as family,
    count(distinct coalesce(user_id, session_id)) as n_people,
    count(distinct coalesce(user_id, session_id)) filter (where is_reached) as n_reached_people
from shown_goal_sessions
where not is_overlong
group by goal
order by goal
