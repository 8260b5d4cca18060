-- Sessions by random group and topic, for cluster_sums.sql: those with friction are hits.
with returned as (
    select distinct
        from_session_id,
        topic_id
    from shown_topic_returns
),

counted as (
    select
        clusters.group_id,
        visits.topic_id as side,
        count(*) as n,
        count(*) filter (
            where visits.is_rephrased or visits.is_loop or returned.from_session_id is not null
        ) as n_hits
    from shown_session_topics as visits
    inner join shown_session_groups as clusters on visits.session_id = clusters.session_id
    left join returned
        on visits.session_id = returned.from_session_id and visits.topic_id = returned.topic_id
    where not visits.is_overlong
    group by clusters.group_id, visits.topic_id
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
    'friction' as item,
    sum(n_hits) as n
from counted
group by group_id, cube (side)
