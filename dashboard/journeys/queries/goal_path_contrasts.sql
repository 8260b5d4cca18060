-- Journeys by random group and path, the $listed most frequent and all others together, for cluster_sums.sql: those
-- that reach the goal $goal are hits.
with judged as (
    select
        clusters.group_id,
        paths.variant_id,
        count(*) as n,
        count(*) filter (where goals.is_reached) as n_hits
    from shown_paths as paths
    inner join shown_goal_sessions as goals on paths.session_id = goals.session_id
    inner join shown_session_groups as clusters on paths.session_id = clusters.session_id
    where goals.goal = $goal and not goals.is_overlong and paths.n_steps > 0
    group by clusters.group_id, paths.variant_id
),

largest as (
    select variant_id
    from judged
    group by variant_id
    order by sum(n) desc, variant_id asc
    limit $listed
),

counted as (
    select
        judged.group_id,
        coalesce(largest.variant_id, '') as side,
        sum(judged.n) as n,
        sum(judged.n_hits) as n_hits
    from judged
    left join largest on judged.variant_id = largest.variant_id
    group by judged.group_id, coalesce(largest.variant_id, '')
)

select
    '' as family,
    group_id,
    side,
    null as item,
    sum(n) as n
from counted
group by group_id, cube (side)
union all
select
    '' as family,
    group_id,
    side,
    'reached' as item,
    sum(n_hits) as n
from counted
group by group_id, cube (side)
