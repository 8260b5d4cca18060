-- At most one row: a topic with the number of all messages of its field.
SELECT
    topics.topic_id,
    topics.field,
    topics.label,
    topics.description,
    topics.keywords,
    topics.label_source,
    topics.n_messages,
    topics.first_seen_at,
    topics.last_seen_at,
    areas.label AS area,
    (
        SELECT count(*) FROM marts.fct_messages AS messages
        WHERE messages.project_id = $project_id AND messages.field = topics.field
    ) AS n_field_messages,
    (
        SELECT count(DISTINCT messages.session_id) FROM marts.fct_messages AS messages
        WHERE messages.project_id = $project_id AND messages.topic_id = $topic_id
    ) AS n_sessions
FROM marts.dim_topics AS topics
LEFT JOIN marts.dim_topics AS areas
    ON topics.project_id = areas.project_id AND topics.parent_topic_id = areas.topic_id
WHERE topics.project_id = $project_id AND topics.topic_id = $topic_id
