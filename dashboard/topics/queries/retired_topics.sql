-- One row per retired topic of a field, with the messages that the topic model assigns to it, the most first.
select
    topic_id,
    coalesce(chosen_label, own_label, topic_id) as label,
    n_messages
from marts.dim_topic_edits
where project_id = $project_id and field = $field and state = 'retired' and is_found and merged_into_topic_id is null
order by n_messages desc, topic_id asc
