-- One row: the events of a project that are kept but count nowhere, because their time is implausible.
select
    count(*) as n_events,
    min(occurred_at) as first_at,
    max(occurred_at) as last_at,
    min(event_id) as event_id
from marts.fct_events
where project_id = $project_id and set_apart_reason is not null
