-- One row per session, newest first, one page of them: those that moved from $source to $target (at step $step, if it
-- is given), were at $topic, took the path $variant, or are a user's; what is null does not choose.
with moved as (
    select distinct session_id
    from shown_transitions
    where
        from_topic_id = $source
        and to_topic_id = $target
        and ($step is null or step = $step)
        and not is_overlong
),

visited as (
    select distinct session_id
    from shown_messages
    where topic_id = $topic
)

select
    sessions.session_id,
    sessions.user_id,
    sessions.started_at,
    sessions.duration_s,
    sessions.n_events,
    sessions.n_messages,
    sessions.is_overlong,
    paths.path,
    count(*) over () as n_found
from shown_sessions as sessions
left join marts.fct_session_paths as paths
    on sessions.project_id = paths.project_id and sessions.session_id = paths.session_id
where
    ($source is null or sessions.session_id in (select moved.session_id from moved))
    and ($topic is null or sessions.session_id in (select visited.session_id from visited))
    and ($variant is null or paths.variant_id = $variant)
    and ($user is null or sessions.user_id = $user)
order by sessions.started_at desc, sessions.session_id asc
limit $page_size offset $offset
