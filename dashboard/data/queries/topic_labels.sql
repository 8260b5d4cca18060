-- One row per topic of a project.
select
    topic_id,
    label,
    is_mixed
from marts.dim_topics
where project_id = $project_id
