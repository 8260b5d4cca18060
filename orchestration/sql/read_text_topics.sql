select
    text_hash,
    topic_id
from ml.text_topics
where project_id = ? and field = ? and topic_id is not null
