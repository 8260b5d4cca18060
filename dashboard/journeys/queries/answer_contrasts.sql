-- Sessions by random group and topic, for cluster_sums.sql: those in which the app said how long answers took, of which
-- those with one over $late_ms are hits; and those in which it said anything about answers, of which those with a
-- missing one are.
with visits as (
    select
        session_id,
        topic_id,
        max(reply_ms) as slowest_ms,
        bool_or(is_missing) as is_missing
    from shown_answers
    group by session_id, topic_id
),

tested as (
    select
        'late' as family,
        session_id,
        topic_id,
        slowest_ms > $late_ms as is_hit
    from visits
    where slowest_ms is not null

    union all

    select
        'missing' as family,
        session_id,
        topic_id,
        is_missing as is_hit
    from visits
),

counted as (
    select
        tested.family,
        clusters.group_id,
        tested.topic_id as side,
        unnest([null, 'hit']) as item,
        unnest([1, tested.is_hit::integer]) as n
    from tested
    inner join shown_session_groups as clusters on tested.session_id = clusters.session_id
)

select
    family,
    group_id,
    side,
    item,
    sum(n) as n
from counted
group by family, group_id, item, cube (side)
