-- One row per comment in a topic of comments, newest first, one page of them.
select
    feedback_id,
    session_id,
    user_id,
    score,
    label,
    comment,
    given_at,
    topic_id as asked_topic_id
from shown_feedback
where comment_topic_id = $topic_id
order by given_at desc, feedback_id asc
limit $page_size offset $offset
