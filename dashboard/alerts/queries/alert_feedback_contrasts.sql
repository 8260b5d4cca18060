-- Feedback of the whole project ('') and of each topic by random group, for cluster_sums.sql: what was given since
-- $since against what was given before. Hits are negative. Days are those on which it was given, because bad feedback
-- may come sooner than good, and then the newest sessions would always look worse.
with given as (
    select
        feedback.feedback_id,
        feedback.event_id,
        feedback.topic_id,
        feedback.is_negative,
        feedback.given_at >= $since as is_now,
        (md5_number_lower(coalesce(sessions.user_id, sessions.session_id)) % 128)::smallint as group_id
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
        feedback_id
    from given

    union all

    (
        select
            topic_id as family,
            feedback_id
        from given
        where topic_id is not null

        union distinct

        select
            messages.topic_id as family,
            given.feedback_id
        from marts.fct_messages as messages
        inner join given on messages.event_id = given.event_id
        where messages.project_id = $project_id and messages.topic_id is not null
    )
),

counted as (
    select
        about.family,
        given.group_id,
        if(given.is_now, 'now', 'before') as side,
        unnest([null, 'negative']) as item,
        unnest([1, given.is_negative::integer]) as n
    from about
    inner join given on about.feedback_id = given.feedback_id
)

select
    family,
    group_id,
    side,
    item,
    sum(n) as n
from counted
group by family, group_id, item, cube (side)
