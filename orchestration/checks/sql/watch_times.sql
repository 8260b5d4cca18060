-- One row per project: how many of its events are set apart because their time cannot be, and what counts begins when.
select
    project_id,
    count(*) filter (where set_apart_reason is not null) as n_set_apart,
    min(event_id) filter (where set_apart_reason is not null) as event_id,
    min(occurred_at) filter (where set_apart_reason is not null)::varchar as first_time,
    min(occurred_at) filter (where set_apart_reason is null)::date::varchar as first_day
from marts.fct_events
group by project_id
