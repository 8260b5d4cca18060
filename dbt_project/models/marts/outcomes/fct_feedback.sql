{{
    config(
        meta={
            "rebuild": "In full: feedback is rare beside events, and any of it may gain a session, a topic or a successor."
        }
    )
}}

with feedback as (
    select * from {{ ref('int_feedback__linked') }}
),

sessions as (
    select * from {{ ref('fct_sessions') }}
),

steps as (
    select * from {{ ref('fct_session_steps') }}
),

session_topics as (
    select * from {{ ref('fct_session_topics') }}
    where is_main
),

comments as (
    select * from {{ ref('int_comments__extracted') }}
),

text_topics as (
    select * from {{ ref('stg_ml__text_topics') }}
    where field = {{ comment_field() }}
),

comment_topics as (
    select
        comments.project_id,
        comments.feedback_id,
        text_topics.topic_id as comment_topic_id,
        coalesce(text_topics.topic_status, 'pending') as comment_topic_status
    from comments
    left join text_topics
        on
            comments.project_id = text_topics.project_id
            and comments.text_hash = text_topics.text_hash
),

-- The step that was under way when the event happened: its own, or the one that it answers.
steps_under_way as (
    select
        feedback.project_id,
        feedback.feedback_id,
        feedback.session_id,
        max(steps.step) as step
    from feedback
    inner join steps
        on
            feedback.project_id = steps.project_id
            and feedback.session_id = steps.session_id
            and feedback.event_at >= steps.started_at
    group by feedback.project_id, feedback.feedback_id, feedback.session_id
),

event_topics as (
    select
        steps_under_way.project_id,
        steps_under_way.feedback_id,
        steps.topic_id
    from steps_under_way
    inner join steps
        on
            steps_under_way.project_id = steps.project_id
            and steps_under_way.session_id = steps.session_id
            and steps_under_way.step = steps.step
),

described as (
    select
        feedback.*,
        coalesce(feedback.user_id, sessions.user_id) as giver_id,
        case when feedback.event_id is null then session_topics.topic_id else event_topics.topic_id end as topic_id,
        comment_topics.comment_topic_id,
        comment_topics.comment_topic_status
    from feedback
    left join sessions
        on
            feedback.project_id = sessions.project_id
            and feedback.session_id = sessions.session_id
    left join session_topics
        on
            feedback.project_id = session_topics.project_id
            and feedback.session_id = session_topics.session_id
    left join event_topics
        on
            feedback.project_id = event_topics.project_id
            and feedback.feedback_id = event_topics.feedback_id
    left join comment_topics
        on
            feedback.project_id = comment_topics.project_id
            and feedback.feedback_id = comment_topics.feedback_id
),

ranked as (
    select
        *,
        row_number() over (
            partition by
                project_id,
                source,
                case when source = 'metadata' then label end,
                event_id is null,
                coalesce(event_id, session_id),
                giver_id
            order by given_at desc, received_at desc, feedback_id desc
        ) as newness
    from described
)

select
    project_id,
    feedback_id,
    source,
    event_id,
    session_id,
    is_linked,
    giver_id as user_id,
    topic_id,
    score,
    score < 0 as is_negative,
    label,
    {{ shown_text('comment') }} as comment,
    given_score,
    scale,
    given_at,
    received_at,
    newness = 1 as is_latest,
    comment_topic_id,
    comment_topic_status
from ranked
