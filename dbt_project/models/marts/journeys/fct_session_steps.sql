{{
    config(
        materialized="view",
        meta={
            "touched": {"by": "int_journeys__touched", "key": "session_id"},
            "day": "started_at",
            "rebuild": "A view: each row follows from one of int_session_steps__walked."
        }
    )
}}

with steps as (
    select * from {{ ref('int_session_steps__walked') }}
)

select
    project_id,
    session_id,
    step,
    topic_id,
    n_messages,
    first_event_id,
    started_at,
    ended_at,
    gap_s,
    is_return,
    n_details
from steps
