select text_hash
from ml.text_topics
where
    project_id = $project_id
    and field = $field
    and topic_status = 'filler'
    and topic_reason is distinct from $automated
