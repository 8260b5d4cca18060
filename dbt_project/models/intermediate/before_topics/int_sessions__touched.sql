with reached as (
    select * from {{ ref('int_sessions__reached') }}
),

changed_fields as (
    select * from {{ ref('int_fields__changed') }}
),

event_values as (
    select * from {{ ref('int_event_values__flattened') }}
),

events as (
    select * from {{ ref('int_events__sessionized') }}
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

-- If no field has changed, which is nearly always so, events are not read at all.
select
    project_id,
    session_id
from events
where (project_id, event_id) in (
    select
        changed_values.project_id,
        changed_values.event_id
    from changed_values
)
