-- One row per topic and area that edits may name: those in the lists, and those that an edit removed from them.
with topics as (
    select * from marts.dim_topics
    where project_id = $project_id
),

edits as (
    select * from marts.dim_topic_edits
    where project_id = $project_id
)

select
    coalesce(topics.topic_id, edits.topic_id) as topic_id,
    coalesce(topics.field, edits.field) as field,
    coalesce(edits.own_label, topics.label, edits.chosen_label, edits.topic_id) as own_label,
    coalesce(topics.level, 0) = 1 as is_area
from topics
full outer join edits on topics.topic_id = edits.topic_id
order by topic_id
