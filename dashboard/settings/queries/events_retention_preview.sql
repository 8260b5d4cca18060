-- What a retention would remove, if it began on the day of $oldest_day: one row.
with old as (
    select
        event_id,
        session_id
    from marts.fct_events
    where project_id = $project_id and occurred_at < $oldest_day
)

select
    (select count(*) from old) as n_events,
    (select count(distinct old.session_id) from old) as n_sessions,
    count(*) as n_messages,
    (
        select count(*)
        from marts.fct_events as events
        where events.project_id = $project_id and events.occurred_at >= $oldest_day
    ) as n_kept_events,
    (
        select min(events.occurred_at)::date
        from marts.fct_events as events
        where events.project_id = $project_id and events.occurred_at >= $oldest_day
    ) as first_kept_day
from marts.fct_messages as messages
where messages.project_id = $project_id and messages.occurred_at < $oldest_day
