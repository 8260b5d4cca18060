-- What the sample's tables say about each other, in the order they need one another.
INSERT INTO marts.fct_session_steps BY NAME
WITH said AS (
    SELECT *, row_number() OVER (PARTITION BY project_id, session_id ORDER BY occurred_at, event_id) AS place
    FROM marts.fct_messages WHERE topic_id IS NOT NULL
),
marked AS (
    SELECT *, place - row_number() OVER (PARTITION BY project_id, session_id, topic_id ORDER BY place) AS run FROM said
),
runs AS (
    SELECT project_id, session_id, topic_id, run, count(*) AS n_messages, min(place) AS place,
        arg_min(event_id, place) AS first_event_id, min(occurred_at) AS started_at, max(occurred_at) AS ended_at
    FROM marked GROUP BY ALL
),
steps AS (
    SELECT *, (row_number() OVER journey)::INTEGER AS step,
        epoch(started_at - lag(ended_at) OVER journey) AS gap_s,
        row_number() OVER (PARTITION BY project_id, session_id, topic_id ORDER BY place) > 1 AS is_return
    FROM runs WINDOW journey AS (PARTITION BY project_id, session_id ORDER BY place)
)
SELECT project_id, session_id, step, topic_id, n_messages, first_event_id, started_at, ended_at, gap_s, is_return
FROM steps;

INSERT INTO marts.fct_session_paths BY NAME
WITH events AS (
    SELECT project_id, session_id, min(occurred_at) AS started_at,
        epoch(max(occurred_at) - min(occurred_at)) AS duration_s
    FROM marts.fct_events GROUP BY ALL
),
looped AS (
    SELECT *, coalesce(lag(topic_id, 2) OVER (PARTITION BY project_id, session_id ORDER BY step) = topic_id, FALSE) AS is_loop
    FROM marts.fct_session_steps
),
paths AS (
    SELECT project_id, session_id, list(topic_id ORDER BY step) AS path, count(*) AS n_steps,
        count(*) FILTER (is_return) AS n_returns, count(*) FILTER (is_loop) AS n_loops
    FROM looped GROUP BY ALL
)
SELECT project_id, session_id, md5(coalesce(path, [])::VARCHAR) AS variant_id, coalesce(path, []) AS path,
    coalesce(n_steps, 0) AS n_steps, coalesce(n_returns, 0) AS n_returns, coalesce(n_loops, 0) AS n_loops, started_at, duration_s,
    FALSE AS is_overlong
FROM events LEFT JOIN paths USING (project_id, session_id);

INSERT INTO marts.fct_transitions BY NAME
WITH moves AS (
    SELECT project_id, session_id, step, coalesce(lag(topic_id) OVER journey, 'START') AS from_topic_id, topic_id AS to_topic_id,
        gap_s, started_at AS occurred_at
    FROM marts.fct_session_steps WINDOW journey AS (PARTITION BY project_id, session_id ORDER BY step)
    UNION ALL
    SELECT project_id, session_id, (max(step) + 1)::INTEGER, arg_max(topic_id, step), 'END', NULL, max(ended_at)
    FROM marts.fct_session_steps GROUP BY project_id, session_id
)
SELECT moves.*, started_at::DATE AS session_date, FALSE AS is_overlong
FROM moves JOIN (SELECT project_id, session_id, started_at FROM marts.fct_session_paths) USING (project_id, session_id);

INSERT INTO marts.fct_sessions BY NAME
WITH events AS (
    SELECT project_id, session_id, arg_min(user_id, occurred_at) FILTER (is_user_id_given) AS user_id,
        min(occurred_at) AS started_at, max(occurred_at) AS ended_at, count(*) AS n_events
    FROM marts.fct_events GROUP BY ALL
),
said AS (
    SELECT project_id, session_id, count(*) AS n_messages, count(*) FILTER (topic_status = 'filler') AS n_filler,
        count(*) FILTER (topic_status = 'noise') AS n_noise, count(*) FILTER (topic_status = 'pending') AS n_pending,
        count(DISTINCT topic_id) AS n_distinct_topics
    FROM marts.fct_messages WHERE is_journey_field GROUP BY ALL
)
SELECT project_id, session_id, 'given' AS session_source, user_id, started_at, ended_at, started_at::DATE AS session_date,
    duration_s, FALSE AS is_overlong, n_events, coalesce(n_messages, 0) AS n_messages, n_steps, coalesce(n_filler, 0) AS n_filler,
    coalesce(n_noise, 0) AS n_noise, coalesce(n_pending, 0) AS n_pending, coalesce(n_distinct_topics, 0) AS n_distinct_topics,
    path[1] AS entry_topic_id, path[-1] AS exit_topic_id
FROM events LEFT JOIN said USING (project_id, session_id)
JOIN (SELECT project_id, session_id, path, n_steps, duration_s FROM marts.fct_session_paths) USING (project_id, session_id);

INSERT INTO marts.fct_session_topics BY NAME
WITH said AS (
    SELECT project_id, session_id, topic_id, count(*) AS n_messages, count(DISTINCT text) > 1 AS is_rephrased,
        min(occurred_at) AS first_at, max(occurred_at) AS last_at, max(reply_ms) AS slowest_reply_ms,
        CASE WHEN count(reply_ms) > 0 THEN FALSE END AS is_answer_missing
    FROM marts.fct_messages
    LEFT JOIN (
        SELECT project_id, event_id, number_value AS reply_ms FROM marts.fct_event_values WHERE field = 'latency_ms'
    ) USING (project_id, event_id)
    WHERE topic_id IS NOT NULL GROUP BY ALL
),
ranked AS (
    SELECT *, row_number() OVER (PARTITION BY project_id, session_id ORDER BY n_messages DESC, first_at) = 1 AS is_main FROM said
)
SELECT ranked.*, sessions.user_id, sessions.session_date, sessions.is_overlong, path[-1] = topic_id AS is_last,
    len(list_filter(path[3:], lambda entry, place: entry = topic_id AND path[place] = topic_id)) > 0 AS is_loop
FROM ranked JOIN marts.fct_sessions AS sessions USING (project_id, session_id)
JOIN (SELECT project_id, session_id, path FROM marts.fct_session_paths) USING (project_id, session_id);

UPDATE marts.fct_sessions AS sessions SET main_topic_id = topics.topic_id
FROM marts.fct_session_topics AS topics
WHERE topics.is_main AND topics.project_id = sessions.project_id AND topics.session_id = sessions.session_id;

INSERT INTO marts.fct_topic_returns BY NAME
WITH visits AS (
    SELECT *, lead(session_id) OVER journey AS to_session_id, lead(first_at) OVER journey AS occurred_at
    FROM marts.fct_session_topics WHERE user_id IS NOT NULL
    WINDOW journey AS (PARTITION BY project_id, user_id, topic_id ORDER BY first_at, session_id)
)
SELECT project_id, user_id, topic_id, session_id AS from_session_id, to_session_id, epoch(occurred_at - last_at) AS gap_s,
    occurred_at
FROM visits WHERE epoch(occurred_at - last_at) BETWEEN 0 AND 86400;

INSERT INTO marts.fct_feedback BY NAME
WITH said AS (
    SELECT *, md5_number_lower(event_id) AS draw, dense_rank() OVER (PARTITION BY project_id ORDER BY topic_id) AS topic_number
    FROM marts.fct_messages WHERE topic_id IS NOT NULL
),
rated AS (
    SELECT *, topic_number % 5 = 0 AS is_hard, draw % 7 = 0 AS is_about_session,
        CASE (draw // 100) % 10
            WHEN 0 THEN -0.5 WHEN 1 THEN -1 WHEN 2 THEN -1 WHEN 3 THEN 0
            ELSE CASE WHEN topic_number % 5 = 0 AND draw % 2 = 0 THEN -1 ELSE 1 END
        END AS score
    FROM said WHERE draw % 15 = 0 OR topic_number = 3
)
SELECT project_id, 'f_' || event_id AS feedback_id, if(draw % 11 = 0, 'metadata', 'people') AS source, CASE WHEN NOT is_about_session THEN event_id END AS event_id, session_id,
    TRUE AS is_linked, user_id, topic_id, score, score < 0 AS is_negative, CASE WHEN score < 0 THEN 'thumbs_down' ELSE 'thumbs_up' END AS label,
    CASE WHEN draw % 2 = 0 OR topic_number = 3 THEN left('About this: ' || text, 300) END AS comment, score AS given_score, NULL AS scale,
    occurred_at + INTERVAL 2 HOUR AS given_at, occurred_at + INTERVAL 2 HOUR AS received_at, TRUE AS is_latest
FROM rated;

UPDATE marts.fct_feedback
SET comment_topic_status = CASE WHEN md5_number_lower(feedback_id) % 9 = 0 THEN 'noise' ELSE 'assigned' END
WHERE comment IS NOT NULL AND source = 'people';

UPDATE marts.fct_feedback
SET comment_topic_id = 'com_' || right(project_id, 2) || CASE WHEN is_negative THEN '_missed' WHEN length(comment) % 3 = 0 THEN '_clear' ELSE '_quick' END
WHERE comment_topic_status = 'assigned';

INSERT INTO marts.agg_topic_friction BY NAME
WITH judged AS (
    SELECT *, (project_id, session_id, topic_id) IN (
            SELECT (project_id, from_session_id, topic_id) FROM marts.fct_topic_returns
        ) AS is_back, slowest_reply_ms > late_after_s * 1000 AS is_late
    FROM marts.fct_session_topics LEFT JOIN (SELECT project_id, late_after_s FROM marts.dim_projects) USING (project_id)
),
counted AS (
    SELECT project_id, topic_id, count(*) AS n_sessions, count(user_id) AS n_sessions_with_user,
        count(*) FILTER (is_rephrased) AS n_rephrased, count(*) FILTER (is_loop) AS n_loops, count(*) FILTER (is_back) AS n_returns,
        count(*) FILTER (is_last) AS n_last, count(*) FILTER (is_rephrased OR is_loop OR is_back) AS n_friction,
        count(is_late) AS n_timed, count(*) FILTER (is_late) AS n_late, count(is_answer_missing) AS n_told,
        count(*) FILTER (is_answer_missing) AS n_missing
    FROM judged GROUP BY ALL
)
SELECT *, n_friction / n_sessions AS friction_share, n_sessions < 30 AS is_small_cell,
    sum(n_friction) OVER project / sum(n_sessions) OVER project AS usual_friction_share,
    n_friction - n_sessions * usual_friction_share AS excess_sessions
FROM counted WINDOW project AS (PARTITION BY project_id);

INSERT INTO marts.dim_users BY NAME
SELECT project_id, user_id, min(occurred_at) AS first_seen_at, max(occurred_at) AS last_seen_at,
    count(DISTINCT session_id) AS n_sessions, count(*) AS n_events
FROM marts.fct_events WHERE is_user_id_given GROUP BY ALL;

UPDATE marts.dim_topics AS topics SET n_messages = said.n_messages, first_seen_at = said.first_at, last_seen_at = said.last_at
FROM (
    SELECT project_id, topic_id, count(*) AS n_messages, min(occurred_at) AS first_at, max(occurred_at) AS last_at
    FROM marts.fct_messages GROUP BY ALL
) AS said
WHERE said.project_id = topics.project_id AND said.topic_id = topics.topic_id;

DELETE FROM marts.dim_topics WHERE n_messages IS NULL;

INSERT INTO marts.dim_topics BY NAME
SELECT project_id, comment_topic_id AS topic_id, 'turret.feedback.comment' AS field,
    CASE right(comment_topic_id, 6) WHEN 'missed' THEN 'Did not answer my question' WHEN '_clear' THEN 'Clear and short' ELSE 'Quick help' END AS label,
    'Comments of this kind.' AS description, ['answer'] AS keywords, 0 AS level, 'messages' AS label_source, count(*) AS n_messages,
    min(given_at) AS first_seen_at, max(given_at) AS last_seen_at, (list(feedback_id ORDER BY feedback_id))[:3] AS example_event_ids,
    FALSE AS is_mixed, 0 AS n_details, 'proposed' AS state
FROM marts.fct_feedback WHERE comment_topic_id IS NOT NULL GROUP BY ALL;

INSERT INTO marts.fct_user_transitions BY NAME
WITH journeys AS (
    SELECT *, row_number() OVER visits AS session_number, lead(session_id) OVER visits AS to_session_id,
        lead(entry_topic_id) OVER visits AS to_topic_id, lead(started_at) OVER visits AS occurred_at
    FROM marts.fct_sessions WHERE n_steps > 0 AND user_id IS NOT NULL
    WINDOW visits AS (PARTITION BY project_id, user_id ORDER BY started_at, session_id)
)
SELECT project_id, user_id, session_id AS from_session_id, to_session_id, session_number::INTEGER AS session_number,
    exit_topic_id AS from_topic_id, to_topic_id, epoch(occurred_at - ended_at) AS gap_s, occurred_at
FROM journeys WHERE to_session_id IS NOT NULL;

INSERT INTO marts.agg_topic_daily BY NAME
SELECT project_id, topic_id, occurred_at::DATE AS message_date, count(*) AS n_messages, count(DISTINCT session_id) AS n_sessions,
    count(DISTINCT user_id) FILTER (user_id NOT LIKE 'anon_%') AS n_users
FROM marts.fct_messages WHERE topic_id IS NOT NULL GROUP BY ALL;

INSERT INTO marts.agg_transitions BY NAME
SELECT *, n_transitions / sum(n_transitions) OVER (PARTITION BY project_id, from_topic_id) AS from_share
FROM (
    SELECT project_id, from_topic_id, to_topic_id, count(*) AS n_transitions, count(DISTINCT session_id) AS n_sessions,
        median(gap_s) AS median_gap_s
    FROM marts.fct_transitions GROUP BY project_id, from_topic_id, to_topic_id
);

INSERT INTO marts.agg_journey_variants BY NAME
WITH counted AS (
    SELECT project_id, variant_id, FALSE AS is_overlong, any_value(path) AS path, any_value(n_steps) AS n_steps, count(*) AS n_sessions,
        median(duration_s) AS median_duration_s
    FROM marts.fct_session_paths GROUP BY project_id, variant_id
),
variants AS (SELECT *, n_sessions / sum(n_sessions) OVER (PARTITION BY project_id) AS session_share FROM counted)
SELECT *, row_number() OVER ranking AS variant_rank, sum(session_share) OVER ranking AS running_share
FROM variants WINDOW ranking AS (PARTITION BY project_id ORDER BY n_sessions DESC, variant_id);

UPDATE marts.agg_pipeline_runs AS runs SET noise_share = said.noise_share
FROM (
    SELECT project_id, count(*) FILTER (topic_status = 'noise') / count(*) AS noise_share
    FROM marts.fct_messages GROUP BY project_id
) AS said
WHERE said.project_id = runs.project_id;

INSERT INTO marts.fct_session_segments BY NAME
SELECT project_id, session_id, 'plan' AS field, 'value' AS segment_kind, enum_value AS segment, enum_value, 1 AS n_distinct_values,
    session_date, is_overlong
FROM marts.fct_sessions JOIN (
    SELECT project_id, session_id, arg_min(enum_value, (occurred_at, event_id)) AS enum_value
    FROM marts.fct_event_values WHERE field = 'plan' GROUP BY ALL
) USING (project_id, session_id);

INSERT INTO marts.agg_segments BY NAME
WITH counted AS (
    SELECT project_id, field, segment_kind, segment, count(*) AS n_sessions
    FROM marts.fct_session_segments WHERE NOT is_overlong GROUP BY ALL
),
shared AS (SELECT *, n_sessions / sum(n_sessions) OVER (PARTITION BY project_id, field) AS session_share FROM counted)
SELECT *, row_number() OVER ranking AS segment_rank, sum(session_share) OVER ranking AS running_share
FROM shared WINDOW ranking AS (PARTITION BY project_id, field ORDER BY n_sessions DESC, segment)
;

INSERT INTO marts.agg_topic_flow BY NAME
SELECT project_id, topic_id, count(DISTINCT session_id) AS n_sessions, count(*) AS n_steps, sum(n_messages) AS n_messages,
    sum(n_messages - n_details - 1) AS n_repeats, count(*) FILTER (step = 1) AS n_entries, count(*) FILTER (step = n_steps) AS n_exits,
    count(*) FILTER (is_return) AS n_returns, 0 AS n_loops, n_exits / count(*) AS drop_off_share, count(*) < 30 AS is_small_cell
FROM marts.fct_session_steps JOIN (SELECT project_id, session_id, n_steps FROM marts.fct_sessions) USING (project_id, session_id)
GROUP BY ALL;

INSERT INTO marts.fct_goal_sessions BY NAME
WITH goals AS (
    SELECT DISTINCT project_id, unnest(['Stayed', 'Asked for more']) AS goal FROM marts.fct_session_steps
),
reaching AS (
    SELECT project_id, 'Stayed' AS goal, session_id, event_id, occurred_at FROM marts.fct_events WHERE name = 'follow_up'
    UNION ALL
    SELECT project_id, 'Asked for more', session_id, first_event_id, started_at FROM marts.fct_session_steps WHERE is_return
),
reached AS (
    SELECT project_id, goal, session_id, arg_min(event_id, (occurred_at, event_id)) AS reached_event_id,
        min(occurred_at) AS reached_at, count(*) AS n_goal_events
    FROM reaching GROUP BY ALL
)
SELECT project_id, goal, session_id, user_id, reached_event_id IS NOT NULL AS is_reached, reached_event_id, reached_at,
    epoch(reached_at - started_at) AS time_to_goal_s, coalesce(n_goal_events, 0) AS n_goal_events, session_date, is_overlong,
    CASE WHEN reached_at IS NOT NULL THEN (
        SELECT count(*) FROM marts.fct_session_steps AS steps WHERE steps.project_id = sessions.project_id
        AND steps.session_id = sessions.session_id AND steps.started_at <= reached_at
    ) END AS n_steps_to_goal
FROM goals JOIN marts.fct_sessions AS sessions USING (project_id) LEFT JOIN reached USING (project_id, goal, session_id);

INSERT INTO marts.agg_goals BY NAME
SELECT project_id, goal, 'event' AS kind, 'follow_up' AS value, count(*) AS n_sessions,
    count(*) FILTER (is_reached) AS n_reached, n_reached / count(*) AS reached_share, count(*) < 30 AS is_small_cell,
    median(time_to_goal_s) AS median_time_to_goal_s
FROM marts.fct_goal_sessions GROUP BY project_id, goal;

INSERT INTO marts.fct_message_places BY NAME
SELECT project_id, event_id, field,
    hash(topic_id, 1) % 400 / 100 - 2 + hash(event_id, 1) % 100 / 200 AS x,
    hash(topic_id, 2) % 400 / 100 - 2 + hash(event_id, 2) % 100 / 200 AS y
FROM marts.fct_messages
QUALIFY row_number() OVER (PARTITION BY project_id, field ORDER BY md5(event_id)) <= 20000
