delete from raw.events
using forgotten
where events.segment = forgotten.segment;

delete from raw.segments
using forgotten
where segments.segment = forgotten.segment
