-- One row per enum field and value with a segment, the values with the most sessions first.
select
    field,
    segment as enum_value,
    n_sessions
from marts.agg_segments
where project_id = $project_id and segment_kind = 'value'
order by field asc, segment_rank asc
limit 400
