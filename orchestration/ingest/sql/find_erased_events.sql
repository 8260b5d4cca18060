-- The loaded rows to erase: those of the ids themselves, as they were sent and as they are in the marts; what is in
-- sessions of erased users without a user of its own, such as an assistant's replies; and feedback about either.
create or replace temp table erased as
with named as (
    select
        project_id,
        event_id,
        'user' as kind,
        user_id as id
    from raw.events

    union all

    select
        project_id,
        event_id,
        'session' as kind,
        session_id as id
    from raw.events

    union all

    select
        project_id,
        event_id,
        'event' as kind,
        event_id as id
    from raw.events

    union all

    select
        project_id,
        event_id,
        'user' as kind,
        user_id as id
    from sessionized

    union all

    select
        project_id,
        event_id,
        'session' as kind,
        session_id as id
    from sessionized
),

matched as (
    select
        named.project_id,
        named.event_id,
        wanted.erasure_id,
        wanted.kind
    from named
    inner join wanted
        on named.project_id = wanted.project_id and named.kind = wanted.kind and named.id = wanted.target
),

received as (
    select
        matched.project_id,
        matched.event_id,
        matched.erasure_id,
        matched.kind,
        case when events.name != 'turret.feedback' then events.session_id end as session_id,
        events.segment
    from matched
    inner join raw.events on matched.project_id = events.project_id and matched.event_id = events.event_id
    inner join wanted on matched.erasure_id = wanted.erasure_id
    where wanted.received_until is null or events.received_at <= wanted.received_until
),

people_sessions as (
    select
        project_id,
        session_id,
        min(erasure_id) as erasure_id
    from received
    where kind != 'event'
    group by project_id, session_id
),

companions as (
    select
        events.project_id,
        events.event_id,
        people_sessions.erasure_id,
        'companion' as kind,
        events.session_id,
        events.segment
    from raw.events
    inner join people_sessions
        on events.project_id = people_sessions.project_id and events.session_id = people_sessions.session_id
    inner join wanted on people_sessions.erasure_id = wanted.erasure_id
    where
        not events.is_user_id_given
        and (wanted.received_until is null or events.received_at <= wanted.received_until)
),

said as (
    select * from received
    union all
    select * from companions
),

feedback as (
    select
        project_id,
        event_id,
        segment,
        metadata ->> '$.event_id' as about_event_id,
        metadata ->> '$.session_id' as about_session_id
    from raw.events
    where name = 'turret.feedback' and event_id like 'turret.feedback:%'
),

about as (
    select
        feedback.project_id,
        feedback.event_id,
        said.erasure_id,
        'feedback' as kind,
        null as session_id,
        feedback.segment
    from feedback
    inner join said on feedback.project_id = said.project_id and feedback.about_event_id = said.event_id

    union all

    select
        feedback.project_id,
        feedback.event_id,
        people_sessions.erasure_id,
        'feedback' as kind,
        null as session_id,
        feedback.segment
    from feedback
    inner join people_sessions
        on
            feedback.project_id = people_sessions.project_id
            and feedback.about_session_id = people_sessions.session_id
),

everything as (
    select * from said
    union all
    select * from about
)

select
    everything.project_id,
    everything.event_id,
    min(everything.erasure_id) as erasure_id,
    any_value(everything.session_id) as session_id,
    any_value(everything.segment) as segment,
    bool_or(everything.kind in ('user', 'session')) as is_of_person,
    -- As the marts have it, where a user's events may be stitched into one session; feedback is in none.
    any_value(
        case when everything.session_id is not null then coalesce(sessionized.session_id, everything.session_id) end
    ) as shown_session_id
from everything
left join sessionized
    on everything.project_id = sessionized.project_id and everything.event_id = sessionized.event_id
group by everything.project_id, everything.event_id
