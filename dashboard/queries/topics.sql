-- One row per topic of a field, largest first, with its share of the field's messages and its typical message.
WITH total AS (
    SELECT count(*) AS n_messages
    FROM marts.fct_messages
    WHERE project_id = $project_id AND field = $field
)

SELECT
    topics.topic_id,
    topics.label,
    topics.n_messages,
    topics.n_messages / nullif(total.n_messages, 0) AS message_share,
    topics.last_seen_at,
    areas.label AS area,
    left(examples.text, 300) AS example
FROM marts.dim_topics AS topics
CROSS JOIN total
LEFT JOIN marts.dim_topics AS areas
    ON topics.project_id = areas.project_id AND topics.parent_topic_id = areas.topic_id
LEFT JOIN marts.fct_messages AS examples
    ON
        topics.project_id = examples.project_id
        AND topics.field = examples.field
        AND topics.example_event_ids[1] = examples.event_id
WHERE topics.project_id = $project_id AND topics.field = $field AND topics.level = 0
ORDER BY topics.n_messages DESC, topics.topic_id
