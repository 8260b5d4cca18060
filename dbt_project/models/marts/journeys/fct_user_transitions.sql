with sessions as (
    select * from {{ ref('fct_sessions') }}
    where user_id is not null and n_steps > 0
),

numbered as (
    select
        *,
        row_number() over (
            partition by project_id, user_id
            order by started_at, ended_at, session_id
        ) as session_number
    from sessions
)

select
    departures.project_id,
    departures.user_id,
    departures.session_id as from_session_id,
    arrivals.session_id as to_session_id,
    cast(departures.session_number as integer) as session_number,
    departures.exit_topic_id as from_topic_id,
    arrivals.entry_topic_id as to_topic_id,
    {{ seconds_between('departures.ended_at', 'arrivals.started_at') }} as gap_s,
    arrivals.started_at as occurred_at
from numbered as departures
inner join numbered as arrivals
    on
        departures.project_id = arrivals.project_id
        and departures.user_id = arrivals.user_id
        and departures.session_number + 1 = arrivals.session_number
