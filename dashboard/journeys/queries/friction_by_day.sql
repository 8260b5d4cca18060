-- One row per topic that journeys visit and day: sessions, and those in which people asked again, went in circles, or
-- came back within a day. Sessions of the newest day may still be followed by a return.
select
    topic_id,
    session_date,
    count(*) as n_sessions,
    count(*) filter (where is_rephrased) as n_rephrased,
    count(*) filter (where is_loop) as n_loops,
    count(*) filter (where is_followed_by_return) as n_returns,
    count(*) filter (where has_friction) as n_friction,
    count(*) filter (where has_friction) / count(*) as friction_share,
    count(*) < 30 as is_small_cell,
    count(is_answer_late) as n_timed,
    count(*) filter (where is_answer_late) as n_late,
    count(is_answer_missing) as n_told,
    count(*) filter (where is_answer_missing) as n_missing
from shown_friction
group by topic_id, session_date
order by topic_id asc, session_date asc
