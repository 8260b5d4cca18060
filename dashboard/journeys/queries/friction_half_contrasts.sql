-- Sessions by topic, random group and half of the days (from $middle on, or before), for cluster_sums.sql: those with
-- friction are hits. Sessions from $end on are left out: their users have not had a day to come back.
with counted as (
    select
        found.topic_id as family,
        clusters.group_id,
        case when found.session_date >= $middle then 'late' else 'early' end as side,
        unnest([null, 'friction']) as item,
        unnest([1, found.has_friction::integer]) as n
    from shown_friction as found
    inner join shown_session_groups as clusters on found.session_id = clusters.session_id
    where found.session_date < $end
)

select
    family,
    group_id,
    side,
    item,
    sum(n) as n
from counted
group by family, group_id, item, cube (side)
