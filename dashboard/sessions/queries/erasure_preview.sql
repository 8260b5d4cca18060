-- What an erasure would remove: one row. Events without a user in sessions of an erased user are theirs.
with matched as (
    select
        event_id,
        session_id,
        occurred_at
    from marts.fct_events
    where
        project_id = $project_id
        and (
            ($kind = 'user' and user_id = $target)
            or ($kind = 'session' and session_id = $target)
            or ($kind = 'event' and event_id = $target)
        )
),

companions as (
    select
        events.event_id,
        events.session_id,
        events.occurred_at
    from marts.fct_events as events
    where
        events.project_id = $project_id
        and $kind = 'user'
        and not events.is_user_id_given
        and events.session_id in (select matched.session_id from matched)
),

erased as (
    select * from matched
    union
    select * from companions
),

messages as (
    select fct_messages.*
    from marts.fct_messages
    where
        fct_messages.project_id = $project_id
        and fct_messages.event_id in (select erased.event_id from erased)
),

feedback as (
    select fct_feedback.feedback_id
    from marts.fct_feedback
    where
        fct_feedback.project_id = $project_id
        and (
            fct_feedback.event_id in (select erased.event_id from erased)
            or ($kind = 'user' and fct_feedback.user_id = $target)
            or ($kind != 'event' and fct_feedback.session_id in (select erased.session_id from erased))
        )
)

select
    count(*) as n_events,
    count(distinct erased.session_id) as n_sessions,
    (select count(*) from messages) as n_messages,
    (select count(distinct messages.topic_id) from messages) as n_topics,
    (select count(*) from feedback) as n_feedback,
    min(erased.occurred_at) as first_at,
    max(erased.occurred_at) as last_at
from erased
