select
    events.project_id,
    events.event_id,
    events.name,
    events.session_id,
    events.user_id,
    date_diff('second', events.received_at, events.occurred_at) / 3600.0 as hours_ahead,
    coalesce(json_type(events.metadata) = 'OBJECT', false) as is_object
from raw.events
inner join raw.segments on events.segment = segments.segment
-- Runs that never published are judged again, so that what a gate has stopped once does not slip through the next time.
where
    segments.run_id not in (
        select stage_runs.run_id
        from ops.stage_runs
        where stage_runs.stage = 'publish'
    )
