with days as (
    select * from {{ ref('int_segment_transitions__daily') }}
),

pairs as (
    select
        project_id,
        field,
        segment_kind,
        segment,
        from_topic_id,
        to_topic_id,
        cast(sum(n_transitions) as bigint) as n_transitions,
        cast(sum(n_sessions) as bigint) as n_sessions
    from days
    group by project_id, field, segment_kind, segment, from_topic_id, to_topic_id
)

select
    project_id,
    field,
    segment_kind,
    segment,
    from_topic_id,
    to_topic_id,
    n_transitions,
    n_sessions,
    cast(n_transitions as double)
    / sum(n_transitions) over (partition by project_id, field, segment_kind, segment, from_topic_id) as from_share
from pairs
