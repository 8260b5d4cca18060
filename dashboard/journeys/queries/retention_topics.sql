-- One row per topic of which users spoke in a week after the one in which they first spoke of a topic ($topic; of any,
-- if it is null): how many users, and their share of those who came back in any later week. Most users come first.
with cohorts as (
    select * from shown_cohorts
),

returned as (
    select count(distinct cohorts.user_id) as n_back
    from cohorts
    inner join marts.fct_sessions as sessions on cohorts.user_id = sessions.user_id
    where
        sessions.project_id = $project_id
        and sessions.is_automated is not true
        and sessions.session_date >= cohorts.cohort_week + 7
),

spoke as (
    select
        visits.topic_id,
        count(distinct cohorts.user_id) as n_users,
        count(*) as n_sessions
    from cohorts
    inner join marts.fct_session_topics as visits on cohorts.user_id = visits.user_id
    where
        visits.project_id = $project_id
        and not visits.is_overlong
        and visits.session_date >= cohorts.cohort_week + 7
    group by visits.topic_id
)

select
    spoke.topic_id,
    spoke.n_users,
    spoke.n_sessions,
    returned.n_back,
    spoke.n_users / returned.n_back as back_share,
    returned.n_back < 30 as is_small_cell
from spoke
cross join returned
order by spoke.n_users desc, spoke.n_sessions desc, spoke.topic_id asc
