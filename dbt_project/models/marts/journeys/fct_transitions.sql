{{
    config(
        materialized="view",
        meta={
            "touched": {"by": "int_journeys__touched", "key": "session_id"},
            "day": "session_date",
            "rebuild": "A view: each row follows from one of int_session_steps__walked."
        }
    )
}}

with steps as (
    select * from {{ ref('int_session_steps__walked') }}
),

moves as (
    select
        project_id,
        session_id,
        step,
        coalesce(previous_topic_id, 'START') as from_topic_id,
        topic_id as to_topic_id,
        gap_s,
        started_at as occurred_at,
        session_date,
        is_overlong
    from steps

    union all

    select
        project_id,
        session_id,
        step + 1 as step,
        topic_id as from_topic_id,
        'END' as to_topic_id,
        cast(null as double) as gap_s,
        ended_at as occurred_at,
        session_date,
        is_overlong
    from steps
    where is_last
)

select
    project_id,
    session_id,
    step,
    from_topic_id,
    to_topic_id,
    gap_s,
    occurred_at,
    session_date,
    is_overlong
from moves
