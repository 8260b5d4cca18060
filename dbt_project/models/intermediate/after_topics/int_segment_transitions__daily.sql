{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        meta={
            "touched": {"by": "int_days__touched", "key": "event_date", "column": "session_date"},
            "day": "session_date",
            "rebuild": "By day: those on which a session has or had a touched event, because each session counts for one day."
        }
    )
}}

with transitions as (
    select * from {{ ref('fct_transitions') }}
    {{ only_touched('int_days__touched', 'event_date', 'session_date') }}
),

session_segments as (
    select * from {{ ref('fct_session_segments') }}
    {{ only_touched('int_days__touched', 'event_date', 'session_date') }}
),

session_moves as (
    select
        project_id,
        session_id,
        from_topic_id,
        to_topic_id,
        count(*) as n_transitions
    from transitions
    where not is_overlong
    group by project_id, session_id, from_topic_id, to_topic_id
)

select
    session_moves.project_id,
    session_segments.session_date,
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
    session_segments.session_date,
    session_segments.field,
    session_segments.segment_kind,
    session_segments.segment,
    session_moves.from_topic_id,
    session_moves.to_topic_id
