-- Journeys by random group and visited topic, for cluster_sums.sql: those that reach the goal $goal are hits.
with judged as (
    select
        clusters.group_id,
        paths.path,
        goals.is_reached
    from shown_paths as paths
    inner join shown_goal_sessions as goals on paths.session_id = goals.session_id
    inner join shown_session_groups as clusters on paths.session_id = clusters.session_id
    where goals.goal = $goal and not goals.is_overlong and paths.n_steps > 0
),

visits as (
    select
        group_id,
        is_reached,
        unnest(list_distinct(path)) as topic_id
    from judged
),

counted as (
    select
        group_id,
        topic_id as side,
        count(*) as n,
        count(*) filter (where is_reached) as n_hits
    from visits
    group by group_id, topic_id
    union all
    select
        group_id,
        null as side,
        count(*) as n,
        count(*) filter (where is_reached) as n_hits
    from judged
    group by group_id
)

select
    '' as family,
    group_id,
    side,
    null as item,
    n
from counted
union all
select
    '' as family,
    group_id,
    side,
    'reached' as item,
    n_hits as n
from counted
