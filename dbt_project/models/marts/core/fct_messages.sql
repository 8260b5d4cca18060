{{
    config(
        materialized="view",
        meta={
            "touched": {"by": "int_journeys__touched", "key": "session_id"},
            "rebuild": "A view: the rows are those of int_messages__judged, published once."
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
    text,
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
