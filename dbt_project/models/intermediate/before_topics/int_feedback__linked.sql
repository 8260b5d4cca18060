{{
    config(
        post_hook="{{ note_changed_feedback() }}",
        meta={
            "rebuild": "In full: feedback is rare beside events, and the event that old feedback waits for may be any new one."
        }
    )
}}

with landed_feedback as (
    select * from {{ ref('stg_raw__feedback') }}
),

deleted as (
    select
        project_id,
        event_id
    from {{ ref('stg_raw__set_apart_events') }}
    where reason = 'deleted'
),

outcomes as (
    select * from {{ ref('int_outcomes__found') }}
),

events as (
    select * from {{ ref('int_events__sessionized') }}
),

counted as (
    select * from {{ ref('int_events__counted') }}
),

-- Feedback is deleted by itself, or with the event that it is about.
feedback as (
    select landed_feedback.*
    from landed_feedback
    left join deleted as deleted_feedback
        on
            landed_feedback.project_id = deleted_feedback.project_id
            and landed_feedback.landed_id = deleted_feedback.event_id
    left join deleted as deleted_events
        on
            landed_feedback.project_id = deleted_events.project_id
            and landed_feedback.event_id = deleted_events.event_id
    where
        deleted_feedback.event_id is null
        and deleted_events.event_id is null
),

about_events as (
    select
        feedback.project_id,
        feedback.feedback_id,
        events.session_id,
        case when events.is_user_id_given then events.user_id end as user_id,
        events.occurred_at as event_at
    from feedback
    inner join events
        on
            feedback.project_id = events.project_id
            and feedback.event_id = events.event_id
),

-- The app may name a session by the id that the collector generated for an event, which may have been stitched into
-- another session.
named_sessions as (
    select
        counted.project_id,
        counted.session_id as named_session_id,
        min(events.session_id) as session_id
    from counted
    inner join events
        on
            counted.project_id = events.project_id
            and counted.event_id = events.event_id
    where
        (counted.project_id, counted.session_id) in (
            select
                feedback.project_id,
                feedback.session_id
            from feedback
            where feedback.session_id is not null
        )
    group by counted.project_id, counted.session_id
)

select
    feedback.project_id,
    feedback.feedback_id,
    'people' as source,
    feedback.event_id,
    coalesce(about_events.session_id, named_sessions.session_id, feedback.session_id) as session_id,
    coalesce(about_events.session_id, named_sessions.session_id) is not null as is_linked,
    coalesce(feedback.user_id, about_events.user_id) as user_id,
    about_events.event_at,
    feedback.score,
    feedback.given_score,
    feedback.scale,
    feedback.label,
    feedback.comment,
    feedback.given_at,
    feedback.received_at
from feedback
left join about_events
    on
        feedback.project_id = about_events.project_id
        and feedback.feedback_id = about_events.feedback_id
left join named_sessions
    on
        feedback.project_id = named_sessions.project_id
        and feedback.session_id = named_sessions.named_session_id

union all

select
    project_id,
    feedback_id,
    'metadata' as source,
    event_id,
    session_id,
    true as is_linked,
    user_id,
    event_at,
    score,
    score as given_score,
    null as scale,
    field as label,
    null as comment,
    given_at,
    received_at
from outcomes
