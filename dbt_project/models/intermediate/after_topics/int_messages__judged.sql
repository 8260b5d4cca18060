{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        meta={
            "touched": {"by": "int_journeys__touched", "key": "session_id"},
            "rebuild": "By session: those with other events, fields or topics than before."
        }
    )
}}

with messages as (
    select * from {{ ref('int_messages__extracted') }}
    {{ only_touched('int_journeys__touched') }}
),

fields as (
    select * from {{ ref('int_fields__typed') }}
),

text_topics as (
    select * from {{ ref('stg_ml__text_topics') }}
),

-- What a machine sent has no topic, also where people say the same.
automated as (
    select * from {{ ref('int_sessions__automated') }}
)

select
    messages.project_id,
    messages.event_id,
    messages.field,
    messages.text,
    messages.session_id,
    messages.event_index_in_session,
    messages.user_id,
    messages.is_user_id_given,
    messages.occurred_at,
    case when automated.session_id is null then text_topics.topic_id end as topic_id,
    case
        when automated.session_id is not null then 'filler' else coalesce(text_topics.topic_status, 'pending')
    end as topic_status,
    case when automated.session_id is null then text_topics.topic_confidence end as topic_confidence,
    case
        when automated.session_id is not null then 'sent by machine' else text_topics.topic_reason
    end as topic_reason,
    fields.is_journey_field
from messages
inner join fields
    on
        messages.project_id = fields.project_id
        and messages.field = fields.field
left join text_topics
    on
        messages.project_id = text_topics.project_id
        and messages.field = text_topics.field
        and messages.text_hash = text_topics.text_hash
left join automated
    on
        messages.project_id = automated.project_id
        and messages.session_id = automated.session_id
