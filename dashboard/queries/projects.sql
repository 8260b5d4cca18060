-- One row per project that has events.
SELECT
    project_id,
    count(*) AS n_events
FROM marts.fct_events
GROUP BY project_id
ORDER BY n_events DESC, project_id
