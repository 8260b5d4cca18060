-- One row per topic that journeys visit: in how many sessions people asked again, went in circles, came back within a
-- day or ended, like agg_topic_friction for all sessions. The topics with the most sessions with friction beyond the
-- usual share come first.
with returned as (
    select distinct
        from_session_id,
        topic_id
    from shown_topic_returns
),

visits as (
    select
        session_topics.topic_id,
        session_topics.user_id,
        session_topics.is_rephrased,
        session_topics.is_loop,
        session_topics.is_last,
        returned.from_session_id is not null as is_followed_by_return
    from shown_session_topics as session_topics
    left join returned
        on
            session_topics.session_id = returned.from_session_id
            and session_topics.topic_id = returned.topic_id
    where not session_topics.is_overlong
),

counted as (
    select
        topic_id,
        count(*) as n_sessions,
        count(user_id) as n_sessions_with_user,
        count(*) filter (where is_rephrased) as n_rephrased,
        count(*) filter (where is_loop) as n_loops,
        count(*) filter (where is_followed_by_return) as n_returns,
        count(*) filter (where is_last) as n_last,
        count(*) filter (where is_rephrased or is_loop or is_followed_by_return) as n_friction
    from visits
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
    n_sessions < 30 as is_small_cell
from compared
order by excess_sessions desc, n_sessions desc, topic_id asc
