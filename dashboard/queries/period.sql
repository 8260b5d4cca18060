-- One row: the first and last day with messages of a field; both null without any.
SELECT
    min(occurred_at)::DATE AS first_date,
    max(occurred_at)::DATE AS last_date
FROM marts.fct_messages
WHERE project_id = $project_id AND field = $field
