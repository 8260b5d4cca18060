-- One row per pair of topics that journeys moved between, most moves first.
select
    from_topic_id,
    to_topic_id,
    n_transitions,
    n_sessions,
    from_share,
    median_gap_s
from marts.agg_transitions
where project_id = $project_id
order by n_transitions desc, from_topic_id asc, to_topic_id asc
