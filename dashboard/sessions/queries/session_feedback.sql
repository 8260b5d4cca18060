-- One row per feedback about a session or its events, newest first, also feedback that the same person changed later.
select
    feedback_id,
    source,
    event_id,
    user_id,
    topic_id,
    score,
    label,
    comment,
    given_at,
    is_latest,
    comment_topic_id
from marts.fct_feedback
where project_id = $project_id and session_id = $session_id and is_linked
order by given_at desc, feedback_id asc
