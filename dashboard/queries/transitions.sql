-- One row per pair of topics that journeys moved between, most moves first.
SELECT
    from_topic_id,
    to_topic_id,
    n_transitions,
    n_sessions,
    from_share,
    median_gap_s
FROM marts.agg_transitions
WHERE project_id = $project_id
ORDER BY n_transitions DESC, from_topic_id, to_topic_id
