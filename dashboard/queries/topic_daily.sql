-- One row per day that has messages of a topic.
SELECT
    message_date,
    n_messages
FROM marts.agg_topic_daily
WHERE project_id = $project_id AND topic_id = $topic_id
ORDER BY message_date
