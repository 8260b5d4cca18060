-- Sessions by random group and goal, for cluster_sums.sql: those that reach the goal are hits.
with counted as (
    select
        goals.goal,
        clusters.group_id,
        count(*) as n,
        count(*) filter (where goals.is_reached) as n_hits
    from shown_goal_sessions as goals
    inner join shown_session_groups as clusters on goals.session_id = clusters.session_id
    where not goals.is_overlong
    group by goals.goal, clusters.group_id
),

sides as (
    select unnest(['all', null]) as side
)

select
    counted.goal as family,
    counted.group_id,
    sides.side,
    null as item,
    counted.n
from counted
cross join sides
union all
select
    counted.goal as family,
    counted.group_id,
    sides.side,
    'reached' as item,
    counted.n_hits as n
from counted
cross join sides
