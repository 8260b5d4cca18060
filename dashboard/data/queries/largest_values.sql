-- One row per value of an enum field, at most ten, those with the most events first.
select
    enum_value,
    count(*) as n_values
from marts.fct_event_values
where project_id = $project_id and field = $field and enum_value is not null
group by enum_value
order by n_values desc, enum_value asc
limit 10
