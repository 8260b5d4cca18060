-- One row per typical message of a topic, the most typical first.
WITH examples AS (
    SELECT
        project_id,
        field,
        unnest(example_event_ids) AS event_id,
        generate_subscripts(example_event_ids, 1) AS place
    FROM marts.dim_topics
    WHERE project_id = $project_id AND topic_id = $topic_id
)

SELECT messages.text
FROM examples
INNER JOIN marts.fct_messages AS messages
    ON
        examples.project_id = messages.project_id
        AND examples.field = messages.field
        AND examples.event_id = messages.event_id
GROUP BY messages.text
ORDER BY min(examples.place)
LIMIT 5
