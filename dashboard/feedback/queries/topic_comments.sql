-- One row per feedback about a topic that has a comment, newest first, at most $most.
select
    feedback.feedback_id,
    feedback.session_id,
    feedback.user_id,
    feedback.score,
    feedback.label,
    feedback.comment,
    feedback.given_at,
    feedback.comment_topic_id
from shown_feedback as feedback
where
    feedback.comment is not null
    and feedback.feedback_id in (
        select rated.feedback_id
        from shown_topic_feedback as rated
        where rated.topic_id = $topic_id
    )
order by feedback.given_at desc, feedback.feedback_id asc
limit $most
