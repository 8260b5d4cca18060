-- The topics for which messages like the examples of a defined topic count; no row if nobody edited it.
select example_topic_ids
from marts.dim_topic_edits
where project_id = $project_id and topic_id = $topic_id
