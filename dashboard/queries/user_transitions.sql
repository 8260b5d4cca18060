-- One row per pair of topics that users left one session with and entered the next with, most users first.
SELECT
    from_topic_id,
    to_topic_id,
    count(*) AS n_transitions,
    count(DISTINCT user_id) AS n_users,
    count(*) / sum(count(*)) OVER (PARTITION BY from_topic_id) AS from_share,
    median(gap_s) AS median_gap_s
FROM marts.fct_user_transitions
WHERE project_id = $project_id
GROUP BY from_topic_id, to_topic_id
ORDER BY n_transitions DESC, from_topic_id, to_topic_id
