-- One row per project: the number of its fields that occur in one event only; null with few fields.
select
    project_id,
    count(*) as n_fields,
    if(count(*) > $max_fields, count(*) filter (where n_values = 1), 0) as n_single,
    min(field) filter (where n_values = 1) as field
from marts.dim_fields
group by project_id
