delete from raw.events
using kept_out
where events.segment = kept_out.segment and events.line_number = kept_out.line_number
