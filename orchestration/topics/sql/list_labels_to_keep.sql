-- Names that topics keep although what described them was erased.
select
    topic_id,
    label
from ml.topics
where project_id = $project_id and field = $field and level = 0 and label_source = 'erased' and label != ''
order by topic_id
