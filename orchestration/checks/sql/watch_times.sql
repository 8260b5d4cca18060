-- One row per project: the number of events set apart for an implausible time, and the first day that counts.
select
    project_id,
    count(*) filter (where set_apart_reason is not null) as n_set_apart,
    min(event_id) filter (where set_apart_reason is not null) as event_id,
    min(occurred_at) filter (where set_apart_reason is not null)::varchar as first_time,
    min(occurred_at) filter (where set_apart_reason is null)::date::varchar as first_day
from marts.fct_events
group by project_id
