-- One row per feedback that counts, of the sessions under the filters: the latest of each person about each thing.
select
    feedback_id,
    event_id,
    session_id,
    user_id,
    topic_id,
    source,
    score,
    is_negative,
    label,
    comment,
    comment_topic_id,
    comment_topic_status,
    given_at
from marts.fct_feedback
where
    project_id = $project_id
    and is_latest
    and is_linked
    and session_id in (select shown_sessions.session_id from shown_sessions)
