select topic_id
from raw.topic_choices
where project_id = $project_id and field = $field and state in ('kept', 'retired')
