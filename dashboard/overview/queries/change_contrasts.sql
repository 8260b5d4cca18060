-- Messages of a field by random group and topic, for cluster_sums.sql: those since $since against those before.
with counted as (
    select
        clusters.group_id,
        messages.occurred_at >= $since as is_now,
        messages.topic_id,
        count(*) as n
    from shown_messages as messages
    inner join shown_session_groups as clusters on messages.session_id = clusters.session_id
    where messages.field = $field
    group by clusters.group_id, is_now, messages.topic_id
)

select
    '' as family,
    group_id,
    if(is_now, 'now', 'before') as side,
    coalesce(topic_id, '') as item,
    sum(n) as n
from counted
group by group_id, cube (side, item)
having grouping(side) = 1 or side = 'now'
