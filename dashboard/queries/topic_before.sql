-- One row per topic that journeys came from, START included; shares sum to 1 over all rows.
SELECT
    moves.from_topic_id AS topic_id,
    topics.label,
    moves.n_transitions,
    moves.n_transitions / sum(moves.n_transitions) OVER () AS share
FROM marts.agg_transitions AS moves
LEFT JOIN marts.dim_topics AS topics
    ON moves.project_id = topics.project_id AND moves.from_topic_id = topics.topic_id
WHERE moves.project_id = $project_id AND moves.to_topic_id = $topic_id
ORDER BY moves.n_transitions DESC, moves.from_topic_id
