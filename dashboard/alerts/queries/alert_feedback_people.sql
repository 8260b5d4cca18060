-- One row for the whole project ('') and per topic: how many people are behind its feedback, behind what is negative,
-- and how much of it is an outcome in metadata. A session without a named user is one person.
with given as (
    select
        feedback.feedback_id,
        feedback.event_id,
        feedback.topic_id,
        feedback.source,
        feedback.is_negative,
        coalesce(sessions.user_id, sessions.session_id) as person
    from marts.fct_feedback as feedback
    inner join marts.fct_sessions as sessions
        on feedback.project_id = sessions.project_id and feedback.session_id = sessions.session_id
    where
        feedback.project_id = $project_id
        and feedback.is_latest
        and sessions.is_automated is distinct from true
        and feedback.given_at >= $from_time
        and feedback.given_at < $until_time
        and (
            $segment_field is null
            or feedback.session_id in (
                select segments.session_id
                from marts.fct_session_segments as segments
                where
                    segments.project_id = $project_id
                    and segments.field = $segment_field
                    and segments.enum_value = $segment_value
            )
        )
),

about as (
    select
        '' as family,
        person,
        source,
        is_negative
    from given

    union all

    select
        topic_id as family,
        person,
        source,
        is_negative
    from given
    where topic_id is not null

    union all

    select
        messages.topic_id as family,
        given.person,
        given.source,
        given.is_negative
    from marts.fct_messages as messages
    inner join given on messages.event_id = given.event_id
    where messages.project_id = $project_id and messages.topic_id is not null
)

select
    family,
    count(distinct person) as n_people,
    count(distinct person) filter (where is_negative) as n_negative_people,
    count(*) filter (where source = 'metadata') as n_outcomes
from about
group by family
order by family
