-- One row per day and band: the $top_n largest topics, OTHER for the rest of the topics, NONE for messages without one.
WITH ranked AS (
    SELECT
        topic_id,
        row_number() OVER (ORDER BY n_messages DESC, topic_id) AS size_rank
    FROM marts.dim_topics
    WHERE project_id = $project_id AND field = $field AND level = 0
),

said AS (
    SELECT
        occurred_at::DATE AS message_date,
        topic_id
    FROM marts.fct_messages
    WHERE project_id = $project_id AND field = $field
)

SELECT
    said.message_date,
    CASE
        WHEN said.topic_id IS NULL THEN 'NONE'
        WHEN ranked.size_rank <= $top_n THEN said.topic_id
        ELSE 'OTHER'
    END AS band,
    count(*) AS n_messages
FROM said
LEFT JOIN ranked ON said.topic_id = ranked.topic_id
GROUP BY said.message_date, band
ORDER BY said.message_date, band
