-- One row per message of a topic, newest first, one page of them.
SELECT
    event_id,
    text,
    session_id,
    user_id,
    occurred_at,
    topic_confidence
FROM marts.fct_messages
WHERE project_id = $project_id AND topic_id = $topic_id
ORDER BY occurred_at DESC, event_id
LIMIT $page_size OFFSET $offset
