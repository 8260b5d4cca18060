-- One row per week in which users first spoke of a topic ($topic; of any, if it is null) and week after it, up to
-- twelve: how many of these users had a session in that week, and how many spoke of the topic again. Both are null for
-- a week that is not over: the project has no event after it.
with cohorts as (
    select * from shown_cohorts
),

sizes as (
    select
        cohort_week,
        count(*) as n_users
    from cohorts
    group by cohort_week
),

newest as (
    select max(ended_at)::date as last_date
    from marts.fct_sessions
    where project_id = $project_id
),

weeks as (
    select
        sizes.*,
        newest.last_date,
        unnest(range(1, 1 + least(12, greatest(1, (newest.last_date - sizes.cohort_week) // 7)))) as weeks_later
    from sizes
    cross join newest
),

visited as (
    select distinct
        cohorts.cohort_week,
        cohorts.user_id,
        (sessions.session_date - cohorts.cohort_week) // 7 as weeks_later
    from cohorts
    inner join marts.fct_sessions as sessions on cohorts.user_id = sessions.user_id
    where
        sessions.project_id = $project_id
        and sessions.is_automated is not true
        and sessions.session_date >= cohorts.cohort_week + 7
),

spoke as (
    select distinct
        cohorts.cohort_week,
        cohorts.user_id,
        (visits.session_date - cohorts.cohort_week) // 7 as weeks_later
    from cohorts
    inner join marts.fct_session_topics as visits on cohorts.user_id = visits.user_id
    where
        visits.project_id = $project_id
        and not visits.is_overlong
        and ($topic is null or visits.topic_id = $topic)
        and visits.session_date >= cohorts.cohort_week + 7
),

counted as (
    select
        visited.cohort_week,
        visited.weeks_later,
        count(*) as n_back,
        count(spoke.user_id) as n_again
    from visited
    left join spoke
        on
            visited.cohort_week = spoke.cohort_week
            and visited.user_id = spoke.user_id
            and visited.weeks_later = spoke.weeks_later
    group by visited.cohort_week, visited.weeks_later
),

judged as (
    select
        weeks.cohort_week,
        weeks.weeks_later,
        weeks.n_users,
        weeks.last_date - weeks.cohort_week >= 7 * (weeks.weeks_later + 1) as is_over,
        coalesce(counted.n_back, 0) as n_back,
        coalesce(counted.n_again, 0) as n_again
    from weeks
    left join counted
        on weeks.cohort_week = counted.cohort_week and weeks.weeks_later = counted.weeks_later
)

select
    cohort_week,
    weeks_later::integer as weeks_later,
    n_users,
    is_over,
    case when is_over then n_back end as n_back,
    case when is_over then n_back / n_users end as back_share,
    case when is_over then n_again end as n_again,
    n_users < 30 as is_small_cell
from judged
order by cohort_week asc, weeks_later asc
