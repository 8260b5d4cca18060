-- One row per message of a topic, newest first, one page of them.
select
    event_id,
    text,
    session_id,
    user_id,
    occurred_at,
    topic_confidence
from shown_messages
where topic_id = $topic_id
order by occurred_at desc, event_id asc
limit $page_size offset $offset
