select
    project_id,
    field,
    text_hash,
    topic_id
from raw.text_choices
order by project_id, field, text_hash
