select distinct
    project_id,
    event_id
from raw.replaced_events
where starts_with(replaced_by, 'erased/')
