-- Sessions by random group and topic, for cluster_sums.sql: those in which the app said how long answers took, of which
-- those with a late one are hits; and those in which it said anything about answers, of which those with a missing one
-- are.
with tested as (
    select
        'late' as family,
        session_id,
        topic_id,
        is_answer_late as is_hit
    from shown_friction
    where is_answer_late is not null

    union all

    select
        'missing' as family,
        session_id,
        topic_id,
        is_answer_missing as is_hit
    from shown_friction
    where is_answer_missing is not null
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
