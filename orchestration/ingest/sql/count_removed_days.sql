-- What the marts have counted of the events that age removes: by day, by topic and day, and by move and day. A move
-- goes with the step that it leaves.
create or replace temp table removed_days as
with aged as (
    select
        project_id,
        event_id
    from erased
    where erasure_id = 'aged'
),

messages as (
    select
        project_id,
        event_id,
        session_id,
        case when is_user_id_given then user_id end as user_id,
        occurred_at::date as day,
        topic_id,
        topic_status,
        is_journey_field
    from intermediate.int_messages__judged
    where
        (project_id, event_id) in (
            select
                aged.project_id,
                aged.event_id
            from aged
        )
),

messages_of_days as (
    select
        project_id,
        day,
        count(*) as n_messages
    from messages
    where is_journey_field
    group by project_id, day
),

days as (
    select
        events.project_id,
        events.occurred_at::date as day,
        count(*) as n_events,
        count(distinct events.session_id) as n_sessions,
        count(distinct case when events.is_user_id_given then events.user_id end) as n_users
    from intermediate.int_events__sessionized as events
    where
        (events.project_id, events.event_id) in (
            select
                aged.project_id,
                aged.event_id
            from aged
        )
    group by events.project_id, events.occurred_at::date
),

steps as (
    select walked.*
    from intermediate.int_session_steps__walked as walked
    inner join oldest_days on walked.project_id = oldest_days.project_id
    where not walked.is_overlong and walked.ended_at < oldest_days.oldest_day
),

moves as (
    select
        project_id,
        session_id,
        session_date,
        'START' as topic_id,
        topic_id as to_topic_id
    from steps
    where step = 1

    union all

    select
        project_id,
        session_id,
        session_date,
        topic_id,
        'END' as to_topic_id
    from steps
    where is_last

    union all

    select
        steps.project_id,
        steps.session_id,
        steps.session_date,
        steps.topic_id,
        entered.topic_id as to_topic_id
    from steps
    inner join intermediate.int_session_steps__walked as entered
        on
            steps.project_id = entered.project_id
            and steps.session_id = entered.session_id
            and steps.step + 1 = entered.step
)

select
    days.project_id,
    days.day,
    null::varchar as topic_id,
    null::varchar as to_topic_id,
    days.n_events,
    coalesce(messages_of_days.n_messages, 0) as n_messages,
    days.n_sessions,
    days.n_users,
    null::bigint as n_transitions
from days
left join messages_of_days
    on days.project_id = messages_of_days.project_id and days.day = messages_of_days.day

union all

select
    project_id,
    day,
    topic_id,
    null as to_topic_id,
    null as n_events,
    count(*) as n_messages,
    count(distinct session_id) as n_sessions,
    count(distinct user_id) as n_users,
    null as n_transitions
from messages
where topic_status = 'assigned'
group by project_id, day, topic_id

union all

select
    project_id,
    session_date as day,
    topic_id,
    to_topic_id,
    null as n_events,
    null as n_messages,
    count(distinct session_id) as n_sessions,
    null as n_users,
    count(*) as n_transitions
from moves
group by project_id, session_date, topic_id, to_topic_id
