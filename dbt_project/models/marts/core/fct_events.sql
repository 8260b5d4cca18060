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
),

set_apart as (
    select * from {{ ref('stg_raw__set_apart_events') }}
)

select
    events.project_id,
    events.event_id,
    events.name,
    coalesce(sessionized.session_id, events.session_id) as session_id,
    events.user_id,
    events.is_user_id_given,
    events.occurred_at,
    events.received_at,
    events.metadata,
    sessionized.event_index_in_session,
    set_apart.reason as set_apart_reason
from events
left join sessionized
    on
        events.project_id = sessionized.project_id
        and events.event_id = sessionized.event_id
left join set_apart
    on
        events.project_id = set_apart.project_id
        and events.event_id = set_apart.event_id
where
    set_apart.reason is distinct from 'deleted'
    and (sessionized.event_id is not null or set_apart.reason is not null)
