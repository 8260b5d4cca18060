{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        meta={
            "touched": {"by": "int_sessions__touched", "key": "session_id"},
            "day": "occurred_at",
            "rebuild": "By session: those with a new event or a replaced copy, and those with a field whose type or use has changed."
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
),

placed as (
    select
        messages.project_id,
        messages.event_id,
        messages.field,
        messages.text,
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
),

-- A tool call is not a message, but it separates the messages before from those after.
marked as (
    select
        placed.*,
        {{ text_hash('placed.text') }} as text_hash,
        {{ is_json_structure('placed.text') }} as is_call
    from placed
),

-- Only repeated texts of a session may not be messages, so the others need not be sorted.
repeating as (
    select distinct
        project_id,
        field,
        session_id
    from (
        select
            project_id,
            field,
            session_id
        from marked
        group by project_id, field, session_id, text_hash
        having count(*) > 1
    ) as repeated
),

ordered as (
    select
        marked.*,
        sum(case when marked.is_call then 1 else 0 end) over (
            partition by marked.project_id, marked.field, marked.session_id
            order by marked.event_index_in_session
            rows between unbounded preceding and current row
        ) as n_calls
    from marked
    inner join repeating
        on
            marked.project_id = repeating.project_id
            and marked.field = repeating.field
            and marked.session_id = repeating.session_id
),

compared as (
    select
        ordered.*,
        lag(ordered.text) over session_order as previous_text,
        lag(ordered.n_calls) over session_order as n_previous_calls,
        lag(ordered.occurred_at) over session_order as previous_at
    from ordered
    where not ordered.is_call
    window session_order as (
        partition by ordered.project_id, ordered.field, ordered.session_id order by ordered.event_index_in_session
    )
)

select
    marked.project_id,
    marked.event_id,
    marked.field,
    marked.text,
    marked.text_hash,
    marked.session_id,
    marked.event_index_in_session,
    marked.user_id,
    marked.is_user_id_given,
    marked.occurred_at
from marked
left join repeating
    on
        marked.project_id = repeating.project_id
        and marked.field = repeating.field
        and marked.session_id = repeating.session_id
where not marked.is_call and repeating.session_id is null

union all

-- An agent logs the question again at each of its steps, so a text that recurs after nothing but tool calls is not a
-- new message. Without a tool call in between it is one: a user may well say "yes" twice.
select
    compared.project_id,
    compared.event_id,
    compared.field,
    compared.text,
    compared.text_hash,
    compared.session_id,
    compared.event_index_in_session,
    compared.user_id,
    compared.is_user_id_given,
    compared.occurred_at
from compared
where
    compared.text is distinct from compared.previous_text
    or compared.n_calls = compared.n_previous_calls
    or {{ seconds_between('compared.previous_at', 'compared.occurred_at') }} > {{ var('same_task_seconds') }}
