select distinct
    project_id,
    event_id
from raw.replaced_events
-- Events that lost their texts are still there, and a request to delete one still holds.
where starts_with(replaced_by, 'erased/') and replaced_by != 'erased/texts'
