with messages as (
    select * from {{ ref('fct_messages') }}
    where is_journey_field and topic_status = 'assigned'
),

events as (
    select * from {{ ref('int_events__sessionized') }}
),

topic_messages as (
    select
        messages.project_id,
        messages.session_id,
        messages.event_id,
        messages.topic_id,
        messages.occurred_at,
        events.event_index_in_session,
        lag(messages.topic_id) over (
            partition by messages.project_id, messages.session_id
            order by events.event_index_in_session
        ) as previous_topic_id
    from messages
    inner join events
        on
            messages.project_id = events.project_id
            and messages.event_id = events.event_id
),

compared as (
    select
        *,
        case when previous_topic_id = topic_id then 0 else 1 end as is_new_step
    from topic_messages
),

numbered as (
    select
        *,
        sum(is_new_step) over (
            partition by project_id, session_id
            order by event_index_in_session
            rows between unbounded preceding and current row
        ) as step
    from compared
),

steps as (
    select
        project_id,
        session_id,
        step,
        min(topic_id) as topic_id,
        count(*) as n_messages,
        min(case when is_new_step = 1 then event_id end) as first_event_id,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at
    from numbered
    group by project_id, session_id, step
),

visited as (
    select
        *,
        lag(ended_at) over (
            partition by project_id, session_id
            order by step
        ) as previous_ended_at,
        row_number() over (
            partition by project_id, session_id, topic_id
            order by step
        ) as visit
    from steps
)

select
    project_id,
    session_id,
    cast(step as integer) as step,
    topic_id,
    n_messages,
    first_event_id,
    started_at,
    ended_at,
    {{ seconds_between('previous_ended_at', 'started_at') }} as gap_s,
    visit > 1 as is_return
from visited
