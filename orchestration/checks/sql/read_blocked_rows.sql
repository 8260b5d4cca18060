-- The rows that the raw gate blocks, each once with all its faults, and as the line that landed.
select
    events.segment,
    events.line_number,
    events.project_id,
    left(events.event_id, 80) as event_id,
    list(raw_faults.fault order by raw_faults.fault) as faults,
    any_value(
        to_json(
            {
                'event_id': events.event_id,
                'project_id': events.project_id,
                'name': events.name,
                'session_id': events.session_id,
                'session_id_given': events.is_session_id_given,
                'user_id': events.user_id,
                'user_id_given': events.is_user_id_given,
                'occurred_at': strftime(events.occurred_at, '%Y-%m-%dT%H:%M:%S.%fZ'),
                'received_at': strftime(events.received_at, '%Y-%m-%dT%H:%M:%S.%fZ'),
                'metadata': events.metadata
            }
        )::varchar
    ) as line
from raw_faults
inner join raw.events on raw_faults.segment = events.segment and raw_faults.line_number = events.line_number
group by events.segment, events.line_number, events.project_id, events.event_id
order by events.segment, events.line_number
