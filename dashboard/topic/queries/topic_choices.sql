-- One row per topic of a field with messages, by label.
select
    topic_id,
    label
from marts.dim_topics
where project_id = $project_id and field = $field and level = 0 and n_messages > 0
order by lower(label), topic_id
