-- One row per move between the columns of the flow picture, for moves 1 to $depth out of START.
-- At each column the $breadth topics that most journeys come through stand for themselves and the rest is OTHER, so
-- that what flows into a column and what flows out of it are equal.
WITH moves AS (
    SELECT
        step,
        from_topic_id,
        to_topic_id
    FROM marts.fct_transitions
    WHERE project_id = $project_id AND step <= $depth + 1
),

entered AS (
    SELECT
        step,
        to_topic_id AS topic_id,
        row_number() OVER (PARTITION BY step ORDER BY count(*) DESC, to_topic_id) AS size_rank
    FROM moves
    WHERE to_topic_id != 'END'
    GROUP BY step, to_topic_id
)

SELECT
    moves.step::INTEGER AS step,
    CASE
        WHEN moves.from_topic_id = 'START' OR sources.size_rank <= $breadth THEN moves.from_topic_id
        ELSE 'OTHER'
    END AS source,
    CASE
        WHEN moves.to_topic_id = 'END' THEN 'END'
        WHEN moves.step > $depth THEN 'MORE'
        WHEN targets.size_rank <= $breadth THEN moves.to_topic_id
        ELSE 'OTHER'
    END AS target,
    count(*) AS n_sessions
FROM moves
LEFT JOIN entered AS sources
    ON moves.from_topic_id = sources.topic_id AND moves.step = sources.step + 1
LEFT JOIN entered AS targets
    ON moves.to_topic_id = targets.topic_id AND moves.step = targets.step
GROUP BY ALL
ORDER BY step, n_sessions DESC, source, target
