-- One row per comment in a topic of comments, one page of them: the newest first, or those with the `lowest` or the
-- `highest` score first.
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
order by
    case $order when 'lowest' then score when 'highest' then -score end asc nulls last,
    given_at desc,
    feedback_id asc
limit $page_size offset $offset
