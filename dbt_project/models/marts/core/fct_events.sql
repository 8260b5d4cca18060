{{
    config(
        materialized="view",
        meta={
            "touched": {"by": "int_journeys__touched", "key": "session_id"},
            "rebuild": "A view: the rows stand in the warehouse as they landed, and are written once, when they are published."
        }
    )
}}

with events as (
    select * from {{ ref('stg_raw__events') }}
),

sessionized as (
    select * from {{ ref('int_events__sessionized') }}
)

select
    sessionized.project_id,
    sessionized.event_id,
    events.name,
    sessionized.session_id,
    sessionized.user_id,
    sessionized.is_user_id_given,
    sessionized.occurred_at,
    sessionized.received_at,
    events.metadata,
    sessionized.event_index_in_session
from sessionized
inner join events
    on
        sessionized.project_id = events.project_id
        and sessionized.event_id = events.event_id
