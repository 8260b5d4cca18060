-- One row per event name, the most frequent first.
select
    name,
    count(*) as n_events
from marts.fct_events
where project_id = $project_id and set_apart_reason is null
group by name
order by n_events desc, name asc
limit 100
