-- One row per topic of a project.
SELECT
    topic_id,
    label
FROM marts.dim_topics
WHERE project_id = $project_id
