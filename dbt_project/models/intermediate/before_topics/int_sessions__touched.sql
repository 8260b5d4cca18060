with reached as (
    select * from {{ ref('int_sessions__reached') }}
),

fields as (
    select * from {{ ref('int_fields__typed') }}
),

event_values as (
    select * from {{ ref('int_event_values__flattened') }}
),

events as (
    select * from {{ ref('int_events__sessionized') }}
),

-- A field that is new stands in new events only, whose sessions are reached anyway.
changed_fields as (
    select
        fields.project_id,
        fields.field
    from fields
    inner join {{ state('known_fields') }} as known
        on
            fields.project_id = known.project_id
            and fields.field = known.field
    where
        (
            fields.effective_type is distinct from known.effective_type
            or fields.is_journey_field is distinct from known.is_journey_field
        )
        and {{ 'false' if is_rebuild() else 'true' }}
),

changed_values as (
    select
        event_values.project_id,
        event_values.event_id
    from event_values
    inner join changed_fields
        on
            event_values.project_id = changed_fields.project_id
            and event_values.field = changed_fields.field
)

select
    project_id,
    session_id
from reached

union

select
    events.project_id,
    events.session_id
from events
inner join changed_values
    on
        events.project_id = changed_values.project_id
        and events.event_id = changed_values.event_id
