-- Feedback by random group and topic, path or segment of the field $by (null for none), for cluster_sums.sql: negative
-- feedback is a hit.
with rated as (
    select
        'topic' as family,
        topic_id as side,
        session_id,
        is_negative
    from shown_topic_feedback

    union all

    select
        'path' as family,
        paths.variant_id as side,
        feedback.session_id,
        feedback.is_negative
    from shown_feedback as feedback
    inner join shown_paths as paths on feedback.session_id = paths.session_id
    where not paths.is_overlong

    union all

    select
        'segment' as family,
        upper(segments.segment_kind)
        || case when segments.segment_kind = 'value' then ':' || segments.enum_value else '' end as side,
        feedback.session_id,
        feedback.is_negative
    from shown_feedback as feedback
    inner join marts.fct_session_segments as segments
        on
            segments.project_id = $project_id
            and segments.field = $by
            and feedback.session_id = segments.session_id
),

counted as (
    select
        rated.family,
        clusters.group_id,
        rated.side,
        count(*) as n,
        count(*) filter (where rated.is_negative) as n_hits
    from rated
    inner join shown_session_groups as clusters on rated.session_id = clusters.session_id
    group by rated.family, clusters.group_id, rated.side
)

select
    family,
    group_id,
    side,
    null as item,
    sum(n) as n
from counted
group by family, group_id, cube (side)
union all
select
    family,
    group_id,
    side,
    'negative' as item,
    sum(n_hits) as n
from counted
group by family, group_id, cube (side)
