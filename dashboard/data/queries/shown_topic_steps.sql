-- One row per chosen message of a topic, and per chosen message that continues a step of it.
select
    event_id,
    session_id,
    occurred_at,
    topic_id,
    topic_confidence,
    is_journey_field,
    message_role,
    continues_topic_id
from shown_messages
where topic_id = $topic_id or continues_topic_id = $topic_id
