select
    project_id,
    field,
    topic_id,
    label,
    merged_into_topic_id,
    is_hidden,
    state,
    step_choice
from raw.topic_choices
order by project_id, topic_id
