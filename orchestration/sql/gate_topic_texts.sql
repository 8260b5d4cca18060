select
    text_topics.topic_status,
    text_topics.topic_confidence,
    (text_topics.topic_status = 'assigned') = (topics.topic_id is not null)
    and (text_topics.topic_id is null) = (topics.topic_id is null) as is_consistent
from ml.text_topics
left join ml.topics
    on text_topics.project_id = topics.project_id and text_topics.topic_id = topics.topic_id
