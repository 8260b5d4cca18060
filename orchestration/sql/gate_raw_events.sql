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
where segments.run_id = $run_id
