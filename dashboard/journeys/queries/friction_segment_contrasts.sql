-- Sessions by topic, random group and value of an enum field ($by), for cluster_sums.sql: those with friction are hits.
-- Sessions without the field are left out.
with counted as (
    select
        found.topic_id as family,
        clusters.group_id,
        segments.enum_value as side,
        unnest([null, 'friction']) as item,
        unnest([1, found.has_friction::integer]) as n
    from shown_friction as found
    inner join shown_session_groups as clusters on found.session_id = clusters.session_id
    inner join shown_segments as segments on found.session_id = segments.session_id
    where segments.field = $by
)

select
    family,
    group_id,
    side,
    item,
    sum(n) as n
from counted
group by family, group_id, item, cube (side)
