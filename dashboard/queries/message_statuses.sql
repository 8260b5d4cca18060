-- One row: messages of a field by what became of them.
SELECT
    count(*) AS n_messages,
    count(*) FILTER (WHERE topic_status = 'assigned') AS n_assigned,
    count(*) FILTER (WHERE topic_status = 'filler') AS n_filler,
    count(*) FILTER (WHERE topic_status = 'noise') AS n_noise,
    count(*) FILTER (WHERE topic_status = 'pending') AS n_pending
FROM marts.fct_messages
WHERE project_id = $project_id AND field = $field
