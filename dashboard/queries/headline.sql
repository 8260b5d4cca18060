-- One row: how much there is.
SELECT
    (SELECT count(*) FROM marts.fct_events WHERE project_id = $project_id) AS n_events,
    (SELECT count(*) FROM marts.fct_sessions WHERE project_id = $project_id) AS n_sessions,
    (SELECT count(*) FROM marts.dim_users WHERE project_id = $project_id) AS n_users,
    (
        SELECT count(*) FROM marts.dim_topics
        WHERE project_id = $project_id AND field = $field AND level = 0
    ) AS n_topics,
    (SELECT min(started_at) FROM marts.fct_sessions WHERE project_id = $project_id) AS first_at,
    (SELECT max(ended_at) FROM marts.fct_sessions WHERE project_id = $project_id) AS last_at
