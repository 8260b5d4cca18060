-- One row per user whose first session with a topic ($topic; with any topic, if it is null) is selected, and the Monday
-- of that session's week. A user's first session is looked for in all days, whatever the filters; of users who came
-- before the published sessions, it is not known.
with began as (
    select min(started_at) as started_at
    from marts.fct_sessions
    where project_id = $project_id
),

known as (
    select users.user_id
    from marts.dim_users as users
    cross join began
    where users.project_id = $project_id and users.first_seen_at >= began.started_at
),

visits as (
    select
        user_id,
        session_id,
        topic_id,
        session_date,
        row_number() over (partition by user_id order by first_at, session_id, topic_id) as visit
    from marts.fct_session_topics
    where
        project_id = $project_id
        and user_id is not null
        and not is_overlong
        and ($topic is null or topic_id = $topic)
        and user_id in (select known.user_id from known)
)

select
    visits.user_id,
    date_trunc('week', visits.session_date)::date as cohort_week
from visits
inner join shown_session_topics as shown
    on visits.session_id = shown.session_id and visits.topic_id = shown.topic_id
where visits.visit = 1
