-- One row per topic of a field ($level 0) or per area (1), the one with the most messages of all time first.
select topic_id
from marts.dim_topics
where project_id = $project_id and field = $field and level = $level and n_messages > 0
order by n_messages desc, topic_id asc
