-- One row per topic that journeys visit: in how many sessions people asked again, went in circles, came back within a
-- day or ended, and in how many answers were late or missing of those in which the app said so, like agg_topic_friction
-- for all sessions. The topics with the most sessions with friction beyond the usual share come first.
with counted as (
    select
        topic_id,
        count(*) as n_sessions,
        count(user_id) as n_sessions_with_user,
        count(*) filter (where is_rephrased) as n_rephrased,
        count(*) filter (where is_loop) as n_loops,
        count(*) filter (where is_followed_by_return) as n_returns,
        count(*) filter (where is_last) as n_last,
        count(*) filter (where has_friction) as n_friction,
        count(is_answer_late) as n_timed,
        count(*) filter (where is_answer_late) as n_late,
        count(is_answer_missing) as n_told,
        count(*) filter (where is_answer_missing) as n_missing
    from shown_friction
    group by topic_id
),

compared as (
    select
        *,
        sum(n_friction) over () / sum(n_sessions) over () as usual_friction_share
    from counted
)

select
    topic_id,
    n_sessions,
    n_sessions_with_user,
    n_rephrased,
    n_loops,
    n_returns,
    n_last,
    n_friction,
    n_friction / n_sessions as friction_share,
    usual_friction_share,
    n_friction - n_sessions * usual_friction_share as excess_sessions,
    n_sessions < 30 as is_small_cell,
    n_timed,
    n_late,
    n_told,
    n_missing
from compared
order by excess_sessions desc, n_sessions desc, topic_id asc
