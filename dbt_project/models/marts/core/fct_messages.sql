{{
    config(
        materialized="view",
        meta={
            "touched": {"by": "int_journeys__touched", "key": "session_id"},
            "day": "occurred_at",
            "rebuild": "A view of int_messages__judged, whose rows are written once, when they are published."
        }
    )
}}

with messages as (
    select * from {{ ref('int_messages__judged') }}
)

select
    project_id,
    event_id,
    field,
    {{ shown_text('text') }} as text,
    session_id,
    user_id,
    occurred_at,
    topic_id,
    topic_status,
    topic_confidence,
    topic_reason,
    is_journey_field,
    message_role,
    message_role_reason,
    continues_topic_id
from messages
