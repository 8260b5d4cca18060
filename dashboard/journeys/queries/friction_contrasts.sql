-- Sessions by random group and topic, for cluster_sums.sql. Hits are those with friction, and with each of its signs;
-- of the family `named`, sessions with a user that are followed by a return.
with visits as (
    select
        clusters.group_id,
        found.*
    from shown_friction as found
    inner join shown_session_groups as clusters on found.session_id = clusters.session_id
),

counted as (
    select
        '' as family,
        group_id,
        topic_id as side,
        unnest([null, 'friction', 'again', 'circles', 'last']) as item,
        unnest([
            count(*),
            count(*) filter (where has_friction),
            count(*) filter (where is_rephrased),
            count(*) filter (where is_loop),
            count(*) filter (where is_last)
        ]) as n
    from visits
    group by group_id, topic_id
    union all
    select
        'named' as family,
        group_id,
        topic_id as side,
        unnest([null, 'back']) as item,
        unnest([count(*), count(*) filter (where is_followed_by_return)]) as n
    from visits
    where user_id is not null
    group by group_id, topic_id
)

select
    family,
    group_id,
    side,
    item,
    sum(n) as n
from counted
group by family, group_id, item, cube (side)
