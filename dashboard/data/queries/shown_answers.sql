-- One row per message of the journey field with a topic whose answer is known: how long it took, if the app sends that,
-- and whether there was none. Fields count by the last part of their name, whatever its case.
with named as (
    select
        field,
        lower(split_part(field, '.', -1)) as name
    from marts.dim_fields
    where project_id = $project_id
),

answer_fields as (
    select
        field,
        name
    from named
    where name in ('latency_ms', 'reply_ms', 'answered', 'error')
),

told as (
    select
        said.event_id,
        max(said.number_value) filter (where answer_fields.name in ('latency_ms', 'reply_ms')) as reply_ms,
        bool_or(
            (answer_fields.name = 'answered' and lower(said.enum_value) = 'false')
            or (answer_fields.name = 'error' and coalesce(lower(said.enum_value), '') not in ('false', 'none'))
        ) as is_missing
    from shown_values as said
    inner join answer_fields on said.field = answer_fields.field
    group by said.event_id
),

-- Errors of many wordings are a text field.
worded as (
    select distinct messages.event_id
    from shown_messages as messages
    inner join answer_fields on messages.field = answer_fields.field
    where answer_fields.name = 'error'
),

answers as (
    select
        coalesce(told.event_id, worded.event_id) as event_id,
        told.reply_ms,
        worded.event_id is not null or coalesce(told.is_missing, false) as is_missing
    from told
    full join worded on told.event_id = worded.event_id
)

select
    messages.session_id,
    messages.topic_id,
    answers.reply_ms,
    answers.is_missing
from shown_messages as messages
inner join answers on messages.event_id = answers.event_id
where messages.is_journey_field and messages.topic_id is not null
