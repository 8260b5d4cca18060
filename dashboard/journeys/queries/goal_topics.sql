-- One row per topic that journeys pass: how many of its sessions reach the goal $goal, and how many at or after their
-- first visit, like agg_goal_topics for all sessions. Shares of few sessions come last.
with judged as (
    select
        paths.path,
        goals.is_reached,
        goals.n_steps_to_goal
    from shown_goal_sessions as goals
    inner join shown_paths as paths on goals.session_id = paths.session_id
    where goals.goal = $goal and not goals.is_overlong
),

visits as (
    select
        path,
        is_reached,
        n_steps_to_goal,
        unnest(list_distinct(path)) as topic_id
    from judged
)

select
    topic_id,
    count(*) as n_sessions,
    count(*) filter (where is_reached) as n_reached,
    count(*) filter (where is_reached and list_position(path, topic_id) <= n_steps_to_goal) as n_reached_after,
    count(*) filter (where is_reached) / count(*) as reached_share,
    count(*) < 30 as is_small_cell
from visits
group by topic_id
order by is_small_cell asc, reached_share desc, n_sessions desc, topic_id asc
