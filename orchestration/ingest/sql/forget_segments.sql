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
    forgotten.replaced_by
from raw.events
inner join forgotten on events.segment = forgotten.segment
anti join raw.replaced_events as known
    on
        events.project_id = known.project_id
        and events.event_id = known.event_id
        and forgotten.replaced_by = known.replaced_by;

delete from raw.events
using forgotten
where events.segment = forgotten.segment;

delete from raw.segments
using forgotten
where segments.segment = forgotten.segment
