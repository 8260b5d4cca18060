-- One row per project: how many of its fields stand in one event only, unknown (null) while fields are few.
select
    project_id,
    count(*) as n_fields,
    if(count(*) > $max_fields, count(*) filter (where n_values = 1), 0) as n_single,
    min(field) filter (where n_values = 1) as field
from marts.dim_fields
group by project_id
