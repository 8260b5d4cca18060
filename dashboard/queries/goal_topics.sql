-- One row per topic that journeys passed: how many of the sessions there reach the goal $goal, and at or after their
-- first visit, as agg_goal_topics has it for all sessions. Shares of few sessions come last.
with visits as (
    select
        topic_id,
        session_id,
        min(started_at) as first_visit_at
    from shown_steps
    group by topic_id, session_id
)

select
    visits.topic_id,
    count(*) as n_sessions,
    count(*) filter (where judged.is_reached) as n_reached,
    count(*) filter (where judged.is_reached and judged.reached_at >= visits.first_visit_at) as n_reached_after,
    count(*) filter (where judged.is_reached) / count(*) as reached_share,
    count(*) < 30 as is_small_cell
from visits
inner join shown_goal_sessions as judged on visits.session_id = judged.session_id
where judged.goal = $goal and not judged.is_overlong
group by visits.topic_id
order by is_small_cell asc, reached_share desc, n_sessions desc, visits.topic_id asc
