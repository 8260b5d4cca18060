-- One row: the events that were chosen.
select count(*) as n_events
from shown_events
