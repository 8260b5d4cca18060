delete from raw.segments
using forgotten
where segments.segment = forgotten.segment
