-- One row per message of a topic under the filters.
select
    event_id,
    session_id,
    occurred_at,
    topic_confidence
from shown_topic_steps
where topic_id = $topic_id
