-- Removed rows are stored like replaced copies. Otherwise nothing would show which sessions change if the file has
-- fewer events when it is read again.
insert into raw.replaced_events
select
    events.project_id,
    events.event_id,
    events.session_id,
    events.is_session_id_given,
    events.user_id,
    events.is_user_id_given,
    events.occurred_at,
    events.segment,
    events.segment as replaced_by
from raw.events
inner join forgotten on events.segment = forgotten.segment;

delete from raw.events
using forgotten
where events.segment = forgotten.segment;

delete from raw.segments
using forgotten
where segments.segment = forgotten.segment
