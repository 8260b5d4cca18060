-- Visits by random group and topic, for cluster_sums.sql: those after which the journey ends are hits.
with visits as (
    select
        session_id,
        unnest(path) as topic_id,
        unnest(range(1, n_steps + 1)) = n_steps as is_end
    from shown_paths
    where not is_overlong
),

counted as (
    select
        clusters.group_id,
        visits.topic_id as side,
        count(*) as n,
        count(*) filter (where visits.is_end) as n_hits
    from visits
    inner join shown_session_groups as clusters on visits.session_id = clusters.session_id
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
    'end' as item,
    sum(n_hits) as n
from counted
group by group_id, cube (side)
