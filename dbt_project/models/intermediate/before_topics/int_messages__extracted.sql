{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        meta={
            "touched": {"by": "int_sessions__touched", "key": "session_id"},
            "rebuild": "By session: those with a new event, or one that gave way, and those with a field whose type or use has changed."
        }
    )
}}

with events as (
    select * from {{ ref('int_events__sessionized') }}
    {{ only_touched('int_sessions__touched') }}
),

event_values as (
    select * from {{ ref('int_event_values__flattened') }}
    {{ only_of('events', 'event_id') }}
),

fields as (
    select * from {{ ref('int_fields__typed') }}
),

text_fields as (
    select
        project_id,
        field,
        n_values > n_events as has_lists
    from fields
    where effective_type = 'text'
),

-- Several texts of one field in one event (an array, or a field of an array's objects) are one message.
messages as (
    select
        event_values.project_id,
        event_values.event_id,
        event_values.field,
        event_values.value as text
    from event_values
    inner join text_fields
        on
            event_values.project_id = text_fields.project_id
            and event_values.field = text_fields.field
    where not text_fields.has_lists

    union all

    select
        event_values.project_id,
        event_values.event_id,
        event_values.field,
        {{ text_in_order('event_values.value', 'chr(10)', 'event_values.value_index') }} as text
    from event_values
    inner join text_fields
        on
            event_values.project_id = text_fields.project_id
            and event_values.field = text_fields.field
    where text_fields.has_lists
    group by event_values.project_id, event_values.event_id, event_values.field
)

select
    messages.project_id,
    messages.event_id,
    messages.field,
    messages.text,
    {{ text_hash('messages.text') }} as text_hash,
    events.session_id,
    events.event_index_in_session,
    events.user_id,
    events.is_user_id_given,
    events.occurred_at
from messages
inner join events
    on
        messages.project_id = events.project_id
        and messages.event_id = events.event_id
