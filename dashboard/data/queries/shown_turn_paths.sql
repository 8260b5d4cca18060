-- One row per session, as in marts.fct_session_paths, but every message with a topic is a step. gaps_s has, for each
-- step, the seconds since the message before; null for the first.
with sorted as (
    select
        session_id,
        list_sort(list({ 'occurred_at': occurred_at, 'event_id': event_id, 'topic_id': topic_id })) as messages
    from marts.fct_messages
    where
        project_id = $project_id
        and is_journey_field
        and topic_id is not null
    group by session_id
),

said as (
    select
        session_id,
        [message['topic_id'] for message in messages] as topics,
        [message['occurred_at'] for message in messages] as times
    from sorted
),

placed as (
    select
        *,
        [
            place for place in range(1, len(topics) + 1) if place = 1 or topics[place] != topics[place - 1]
        ] as places
    from said
),

walked as (
    select
        session_id,
        list_select(topics, places) as path,
        [epoch(times[place] - times[place - 1]) for place in places] as gaps_s
    from placed
),

paths as (
    select
        sessions.project_id,
        sessions.session_id,
        coalesce(walked.path, []) as path,
        walked.gaps_s,
        sessions.is_overlong,
        sessions.started_at,
        sessions.duration_s,
        sessions.is_automated
    from marts.fct_session_paths as sessions
    left join walked on sessions.session_id = walked.session_id
    where sessions.project_id = $project_id
)

select
    project_id,
    session_id,
    case when is_overlong then 'overlong' else left(sha256(array_to_string(path, chr(31))), 32) end as variant_id,
    path,
    gaps_s,
    len(path) as n_steps,
    len(path) - list_unique(path) as n_returns,
    len([place for place in range(3, len(path) + 1) if path[place] = path[place - 2]]) as n_loops,
    is_overlong,
    started_at,
    duration_s,
    is_automated
from paths
