{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        meta={
            "touched": {"by": "int_journeys__touched", "key": "session_id"},
            "day": "occurred_at",
            "rebuild": "By session: those whose events, fields or topics have changed."
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

-- Messages of machines have no topic, even if people say the same.
automated as (
    select * from {{ ref('int_sessions__automated') }}
),

judged as (
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
        fields.is_journey_field,
        text_topics.step_choice,
        coalesce(text_topics.topic_continues, false) as topic_continues
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
),

-- Only topics that continue others need the previous message, so sessions without one need not be sorted.
continuing as (
    select distinct
        project_id,
        session_id
    from judged
    where topic_continues and topic_status = 'assigned'
),

-- A session begins with a step, whatever the topic of its first message.
placed as (
    select
        judged.*,
        row_number() over (
            partition by judged.project_id, judged.session_id, judged.field, judged.topic_status
            order by judged.event_index_in_session
        ) = 1 as is_first
    from judged
    inner join continuing
        on
            judged.project_id = continuing.project_id
            and judged.session_id = continuing.session_id
),

opened as (
    select
        *,
        count(case when topic_status = 'assigned' and (is_first or not topic_continues) then 1 end)
            over (
                partition by project_id, session_id, field
                order by event_index_in_session
                rows between unbounded preceding and current row
            ) as n_opened
    from placed
),

numbered as (
    select
        *,
        max(case when topic_status = 'assigned' and (is_first or not topic_continues) then topic_id end) over (
            partition by project_id, session_id, field, n_opened
        ) as opened_topic_id
    from opened
),

told as (
    select
        project_id,
        event_id,
        field,
        text,
        session_id,
        event_index_in_session,
        user_id,
        is_user_id_given,
        occurred_at,
        topic_id,
        topic_status,
        topic_confidence,
        topic_reason,
        is_journey_field,
        step_choice,
        topic_continues,
        is_first,
        opened_topic_id
    from numbered

    union all

    select
        judged.project_id,
        judged.event_id,
        judged.field,
        judged.text,
        judged.session_id,
        judged.event_index_in_session,
        judged.user_id,
        judged.is_user_id_given,
        judged.occurred_at,
        judged.topic_id,
        judged.topic_status,
        judged.topic_confidence,
        judged.topic_reason,
        judged.is_journey_field,
        judged.step_choice,
        judged.topic_continues,
        cast(null as boolean) as is_first,
        cast(null as {{ column_type('varchar') }}) as opened_topic_id
    from judged
    left join continuing
        on
            judged.project_id = continuing.project_id
            and judged.session_id = continuing.session_id
    where continuing.session_id is null
),

roles as (
    select
        *,
        case
            when not is_journey_field then null
            when topic_status = 'filler' then 'filler'
            when topic_status != 'assigned' then null
            when topic_continues and not is_first then 'continues'
            else 'opens'
        end as message_role
    from told
)

select
    project_id,
    event_id,
    field,
    text,
    session_id,
    event_index_in_session,
    user_id,
    is_user_id_given,
    occurred_at,
    topic_id,
    topic_status,
    topic_confidence,
    topic_reason,
    is_journey_field,
    message_role,
    case
        when message_role = 'filler' then topic_reason
        when message_role = 'continues' and step_choice is not null then 'people chose: never a step'
        when message_role = 'continues' then 'its topic answers or adds'
        when message_role is null then null
        when step_choice = 'always' then 'people chose: always a step'
        when topic_continues then 'first of its session'
        else 'its topic opens steps'
    end as message_role_reason,
    case when message_role = 'continues' then opened_topic_id end as continues_topic_id
from roles
