select topic_id
from raw.topic_choices
where project_id = $project_id and field = $field

union

select merged_into_topic_id
from raw.topic_choices
where project_id = $project_id and field = $field and merged_into_topic_id is not null

union

select topic_id
from raw.text_choices
where project_id = $project_id and field = $field

union

-- Topics of any field: ids of other fields' topics do no harm here.
select value as topic_id
from raw.goals
where project_id = $project_id and kind = 'topic'
