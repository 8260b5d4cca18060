{{ config(materialized="view", meta={"rebuild": "A view: few events are set apart, and they are looked up."}) }}

with events as (
    select * from {{ ref('stg_raw__events') }}
),

set_apart as (
    select * from {{ ref('stg_raw__set_apart_events') }}
)

select
    events.project_id,
    events.event_id,
    events.name,
    events.session_id,
    events.is_session_id_given,
    events.user_id,
    events.is_user_id_given,
    events.occurred_at,
    events.received_at,
    events.metadata,
    events.segment,
    events.line_number
from events
where {{ is_not_among('events', ['project_id', 'event_id'], 'set_apart') }}
