-- One row per feedback that counts and topic that it counts for: that of the step under way, and those of the event's
-- own messages, in any field.
select
    feedback_id,
    session_id,
    source,
    score,
    is_negative,
    topic_id
from shown_feedback
where topic_id is not null
union
select
    feedback.feedback_id,
    feedback.session_id,
    feedback.source,
    feedback.score,
    feedback.is_negative,
    messages.topic_id
from shown_feedback as feedback
inner join marts.fct_messages as messages
    on messages.project_id = $project_id and feedback.event_id = messages.event_id
where messages.topic_id is not null
