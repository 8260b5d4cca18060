-- One row per topic that journeys visit and value of an enum field ($by): sessions, and those in which people asked
-- again, went in circles, or came back within a day. The largest values come first.
select
    found.topic_id,
    segments.enum_value as segment,
    count(*) as n_sessions,
    count(*) filter (where found.is_rephrased) as n_rephrased,
    count(*) filter (where found.is_loop) as n_loops,
    count(*) filter (where found.is_followed_by_return) as n_returns,
    count(*) filter (where found.has_friction) as n_friction,
    count(*) filter (where found.has_friction) / count(*) as friction_share,
    count(*) < 30 as is_small_cell,
    count(found.is_answer_late) as n_timed,
    count(*) filter (where found.is_answer_late) as n_late,
    count(found.is_answer_missing) as n_told,
    count(*) filter (where found.is_answer_missing) as n_missing
from shown_friction as found
inner join shown_segments as segments on found.session_id = segments.session_id
where segments.field = $by
group by found.topic_id, segments.enum_value
order by n_sessions desc, found.topic_id asc, segment asc
