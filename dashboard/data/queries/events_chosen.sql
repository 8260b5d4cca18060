-- One row: the number of events under the filters.
select count(*) as n_events
from shown_event_ids
