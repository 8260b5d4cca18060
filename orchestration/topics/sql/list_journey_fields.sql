select
    project_id,
    field
from intermediate.int_fields__typed
where is_journey_field
order by project_id, field
