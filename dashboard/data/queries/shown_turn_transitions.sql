-- One row per move, as in marts.fct_transitions, but every message with a topic is a step.
select
    project_id,
    session_id,
    unnest(list_prepend('START', path)) as from_topic_id,
    unnest(list_append(path, 'END')) as to_topic_id,
    unnest(list_append(gaps_s, null)) as gap_s,
    started_at::date as session_date,
    is_overlong
from shown_turn_paths
where n_steps > 0 and is_automated is not true
