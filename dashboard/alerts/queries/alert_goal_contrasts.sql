-- Sessions of each goal by random group, for cluster_sums.sql: those since $since against those before. Hits are
-- sessions that reach the goal.
with counted as (
    select
        judged.goal as family,
        clusters.group_id,
        if(judged.session_date >= $since, 'now', 'before') as side,
        unnest([null, 'reached']) as item,
        unnest([1, judged.is_reached::integer]) as n
    from shown_goal_sessions as judged
    inner join shown_session_groups as clusters on judged.session_id = clusters.session_id
    where not judged.is_overlong
)

select
    family,
    group_id,
    side,
    item,
    sum(n) as n
from counted
group by family, group_id, item, cube (side)
