-- Sessions of each topic by random group, for cluster_sums.sql: those since $since against those before. Hits are
-- sessions with friction about the topic, and sessions that end with it.
with counted as (
    select
        found.topic_id as family,
        clusters.group_id,
        if(found.session_date >= $since, 'now', 'before') as side,
        unnest([null, 'friction', 'drop-off']) as item,
        unnest([1, found.has_friction::integer, found.is_last::integer]) as n
    from shown_friction as found
    inner join shown_session_groups as clusters on found.session_id = clusters.session_id
)

select
    family,
    group_id,
    side,
    item,
    sum(n) as n
from counted
group by family, group_id, item, cube (side)
