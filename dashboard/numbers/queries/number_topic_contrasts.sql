-- Values of a number field by random group and topic, for cluster_sums.sql: those above $middle are hits. The topic is
-- empty without one.
with counted as (
    select
        group_id,
        coalesce(topic_id, '') as side,
        count(*) as n,
        count(*) filter (where number_value > $middle) as n_hits
    from shown_number_topics
    group by group_id, topic_id
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
    'above' as item,
    sum(n_hits) as n
from counted
group by group_id, cube (side)
