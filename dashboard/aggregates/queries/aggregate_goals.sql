-- One row per goal for which sessions of at least $min_people people count. Who reached it is null if between 1 and
-- $min_people - 1 people did, or did not.
with counted as (
    select
        judged.goal,
        count(*) as n_sessions,
        count(distinct people.person) as n_people,
        count(*) filter (where judged.is_reached) as n_reached,
        count(distinct people.person) filter (where judged.is_reached) as n_people_reached,
        count(distinct people.person) filter (where not judged.is_reached) as n_people_other
    from shown_goal_sessions as judged
    inner join shown_people as people on judged.session_id = people.session_id
    where not judged.is_overlong
    group by judged.goal
)

select
    goal,
    n_sessions,
    n_people,
    case
        when
            (n_people_reached = 0 or n_people_reached >= $min_people)
            and (n_people_other = 0 or n_people_other >= $min_people)
            then n_reached / n_sessions
    end as reached_share
from counted
where n_people >= $min_people
order by goal asc
