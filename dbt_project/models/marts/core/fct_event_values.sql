{{
    config(
        materialized="view",
        meta={
            "touched": {"by": "int_journeys__touched", "key": "session_id"},
            "rebuild": "A view: the rows stand in the warehouse as they landed, and are written once, when they are published."
        }
    )
}}

with event_values as (
    select * from {{ ref('int_event_values__flattened') }}
),

fields as (
    select * from {{ ref('int_fields__typed') }}
),

events as (
    select * from {{ ref('int_events__sessionized') }}
)

select
    event_values.project_id,
    event_values.event_id,
    event_values.field,
    event_values.value_index,
    fields.effective_type as value_type,
    case when fields.effective_type = 'enum' then event_values.value end as enum_value,
    case when fields.effective_type = 'number' then event_values.number_value end as number_value,
    events.session_id,
    event_values.occurred_at
from event_values
inner join fields
    on
        event_values.project_id = fields.project_id
        and event_values.field = fields.field
inner join events
    on
        event_values.project_id = events.project_id
        and event_values.event_id = events.event_id
-- The odd value of a number field that is no number stays in the event's metadata only.
where
    fields.effective_type = 'enum'
    or (fields.effective_type = 'number' and event_values.number_value is not null)
