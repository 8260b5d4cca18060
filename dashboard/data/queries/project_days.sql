-- One row: the first and last day on which a project has events; both null without events.
select
    min(occurred_at)::date as first_date,
    max(occurred_at)::date as last_date
from marts.fct_events
where project_id = $project_id and set_apart_reason is null
