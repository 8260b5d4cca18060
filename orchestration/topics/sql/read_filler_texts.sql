select distinct own_hash
from ml.own_topics
where
    project_id = $project_id
    and field = $field
    and topic_status = 'filler'
    and topic_reason is distinct from $automated
