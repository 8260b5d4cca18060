select
    topic_id,
    label
from raw.topic_choices
where project_id = $project_id and field = $field and label is not null and merged_into_topic_id is null
