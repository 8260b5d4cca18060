select
    own_hash,
    min_by(topic_id, text_hash) as topic_id
from ml.own_topics
where project_id = ? and field = ? and topic_id is not null
group by own_hash
