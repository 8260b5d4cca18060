select
    project_id,
    field,
    topic_id,
    label,
    label_source
from ml.topics
