with transitions as (
    select * from {{ ref('fct_transitions') }}
    where not is_overlong
),

session_segments as (
    select * from {{ ref('fct_session_segments') }}
),

session_moves as (
    select
        project_id,
        session_id,
        from_topic_id,
        to_topic_id,
        count(*) as n_transitions
    from transitions
    group by project_id, session_id, from_topic_id, to_topic_id
),

pairs as (
    select
        session_moves.project_id,
        session_segments.field,
        session_segments.segment_kind,
        session_segments.segment,
        session_moves.from_topic_id,
        session_moves.to_topic_id,
        cast(sum(session_moves.n_transitions) as bigint) as n_transitions,
        count(*) as n_sessions
    from session_moves
    inner join session_segments
        on
            session_moves.project_id = session_segments.project_id
            and session_moves.session_id = session_segments.session_id
    group by
        session_moves.project_id,
        session_segments.field,
        session_segments.segment_kind,
        session_segments.segment,
        session_moves.from_topic_id,
        session_moves.to_topic_id
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
