select count(*)
from warehouse.raw.replaced_events
where starts_with(replaced_by, 'erased/')
