{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        meta={
            "touched": {"by": "int_journeys__touched", "key": "session_id"},
            "day": "session_date",
            "rebuild": "By session: those whose events, fields or topics have changed."
        }
    )
}}

with messages as (
    select * from {{ ref('int_messages__judged') }}
    {{ only_touched('int_journeys__touched') }}
),

steps as (
    select * from {{ ref('int_session_steps__walked') }}
    {{ only_touched('int_journeys__touched') }}
),

sessions as (
    select * from {{ ref('int_sessions__summed') }}
    {{ only_touched('int_journeys__touched') }}
),

event_values as (
    select * from {{ ref('int_event_values__flattened') }}
    {{ only_of('messages', 'event_id') }}
),

-- What apps send about their answers: the last part of a dotted name counts, whatever its case.
answer_fields as (
    select
        project_id,
        field,
        split_part({{ lower_case('field') }}, '.', -1) as name
    from {{ ref('int_fields__typed') }}
    where split_part({{ lower_case('field') }}, '.', -1) in ('latency_ms', 'reply_ms', 'answered', 'error')
),

counted as (
    select
        project_id,
        session_id,
        topic_id,
        cast(sum(n_messages) as bigint) as n_messages,
        sum(n_messages - n_details) as n_requests,
        min(step) as first_step,
        min(started_at) as first_at,
        max(ended_at) as last_at,
        max(case when is_loop then 1 else 0 end) as has_loop,
        max(case when is_last then 1 else 0 end) as has_last
    from steps
    group by project_id, session_id, topic_id
),

-- Few sessions have a second request of a topic, so only their texts are compared.
requests as (
    select
        messages.project_id,
        messages.session_id,
        messages.topic_id,
        messages.text,
        lag(messages.text) over (
            partition by messages.project_id, messages.session_id, messages.topic_id
            order by messages.event_index_in_session
        ) as previous_text
    from messages
    inner join counted
        on
            messages.project_id = counted.project_id
            and messages.session_id = counted.session_id
            and messages.topic_id = counted.topic_id
    where messages.message_role = 'opens' and counted.n_requests > 1
),

rephrased as (
    select distinct
        project_id,
        session_id,
        topic_id
    from requests
    where
        (text != previous_text and {{ share_words('text', 'previous_text', var('rephrased_share')) }})
        or {{ is_removed_rewording('text') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by project_id, session_id
            order by n_messages desc, first_step asc
        ) as topic_rank
    from counted
),

answers as (
    select
        event_values.project_id,
        event_values.event_id,
        case when answer_fields.name in ('latency_ms', 'reply_ms') then event_values.number_value end as reply_ms,
        case
            when answer_fields.name = 'answered' then {{ lower_case('event_values.value') }} = 'false'
            when answer_fields.name = 'error'
                then {{ lower_case('event_values.value') }} not in ('false', 'none', 'null', '0')
            else false
        end as is_missing
    from event_values
    inner join answer_fields
        on
            event_values.project_id = answer_fields.project_id
            and event_values.field = answer_fields.field
    where
        answer_fields.name = 'error'
        or (answer_fields.name = 'answered' and {{ lower_case('event_values.value') }} in ('true', 'false'))
        or (answer_fields.name in ('latency_ms', 'reply_ms') and event_values.number_value is not null)
),

-- As in steps, a message that continues counts for the topic that it continues.
answered as (
    select
        messages.project_id,
        messages.session_id,
        coalesce(messages.continues_topic_id, messages.topic_id) as topic_id,
        max(answers.reply_ms) as slowest_reply_ms,
        max(case when answers.is_missing then 1 else 0 end) = 1 as is_answer_missing
    from messages
    inner join answers
        on
            messages.project_id = answers.project_id
            and messages.event_id = answers.event_id
    where messages.message_role in ('opens', 'continues')
    group by messages.project_id, messages.session_id, coalesce(messages.continues_topic_id, messages.topic_id)
)

select
    ranked.project_id,
    ranked.session_id,
    ranked.topic_id,
    sessions.user_id,
    sessions.session_date,
    sessions.is_overlong,
    ranked.n_messages,
    ranked.first_at,
    ranked.last_at,
    ranked.topic_rank = 1 as is_main,
    rephrased.session_id is not null as is_rephrased,
    ranked.has_loop = 1 as is_loop,
    ranked.has_last = 1 as is_last,
    answered.slowest_reply_ms,
    answered.is_answer_missing
from ranked
inner join sessions
    on
        ranked.project_id = sessions.project_id
        and ranked.session_id = sessions.session_id
left join rephrased
    on
        ranked.project_id = rephrased.project_id
        and ranked.session_id = rephrased.session_id
        and ranked.topic_id = rephrased.topic_id
left join answered
    on
        ranked.project_id = answered.project_id
        and ranked.session_id = answered.session_id
        and ranked.topic_id = answered.topic_id
