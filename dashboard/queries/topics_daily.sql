-- One row per topic of a field and day that has messages.
SELECT
    days.topic_id,
    days.message_date,
    days.n_messages
FROM marts.agg_topic_daily AS days
INNER JOIN marts.dim_topics AS topics
    ON days.project_id = topics.project_id AND days.topic_id = topics.topic_id
WHERE days.project_id = $project_id AND topics.field = $field AND topics.level = 0
ORDER BY days.topic_id, days.message_date
