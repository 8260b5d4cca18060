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

-- As in steps, a message that continues counts for the topic that it continues.
counted as (
    select
        project_id,
        session_id,
        coalesce(continues_topic_id, topic_id) as topic_id,
        count(*) as n_messages,
        count(case when message_role = 'opens' then 1 end) as n_requests,
        min(event_index_in_session) as first_index,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at
    from messages
    where message_role in ('opens', 'continues')
    group by project_id, session_id, coalesce(continues_topic_id, topic_id)
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
    where text != previous_text and {{ share_words('text', 'previous_text', var('rephrased_share')) }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by project_id, session_id
            order by n_messages desc, first_index asc
        ) as topic_rank
    from counted
),

walked as (
    select
        project_id,
        session_id,
        topic_id,
        max(case when is_loop then 1 else 0 end) as has_loop,
        max(case when is_last then 1 else 0 end) as has_last
    from steps
    group by project_id, session_id, topic_id
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
    walked.has_loop = 1 as is_loop,
    walked.has_last = 1 as is_last
from ranked
inner join walked
    on
        ranked.project_id = walked.project_id
        and ranked.session_id = walked.session_id
        and ranked.topic_id = walked.topic_id
inner join sessions
    on
        ranked.project_id = sessions.project_id
        and ranked.session_id = sessions.session_id
left join rephrased
    on
        ranked.project_id = rephrased.project_id
        and ranked.session_id = rephrased.session_id
        and ranked.topic_id = rephrased.topic_id
