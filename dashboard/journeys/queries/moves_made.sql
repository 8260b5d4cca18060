-- One row per pair of topics that journeys move between, with START and END: moves, and sessions that make them.
-- Only a journey that returns to a topic can make a move twice.
with moves as (
    select
        session_id,
        n_returns > 0 as may_repeat,
        unnest(list_prepend('START', path)) as from_topic_id,
        unnest(list_append(path, 'END')) as to_topic_id
    from shown_paths
    where n_steps > 0 and not is_overlong
)

select
    from_topic_id,
    to_topic_id,
    count(*) as n_transitions,
    count(*) filter (where not may_repeat) + count(distinct session_id) filter (where may_repeat) as n_sessions
from moves
group by from_topic_id, to_topic_id
order by n_transitions desc, from_topic_id asc, to_topic_id asc
