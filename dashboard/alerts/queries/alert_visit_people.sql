-- One row per topic: how many people raised it, with friction, and as the end of a session. A session without a named
-- user is one person.
select
    topic_id as family,
    count(distinct coalesce(user_id, session_id)) as n_people,
    count(distinct coalesce(user_id, session_id)) filter (where has_friction) as n_friction_people,
    count(distinct coalesce(user_id, session_id)) filter (where is_last) as n_last_people
from shown_friction
group by topic_id
order by topic_id
