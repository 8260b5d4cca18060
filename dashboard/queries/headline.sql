-- One row: how much there is.
select
    (
        select count(*) from marts.fct_events
        where project_id = $project_id
    ) as n_events,
    (
        select count(*) from marts.fct_sessions
        where project_id = $project_id
    ) as n_sessions,
    (
        select count(*) from marts.dim_users
        where project_id = $project_id
    ) as n_users,
    (
        select count(*) from marts.dim_topics
        where project_id = $project_id and field = $field and level = 0 and n_messages > 0
    ) as n_topics,
    (
        select min(started_at) from marts.fct_sessions
        where project_id = $project_id
    ) as first_at,
    (
        select max(ended_at) from marts.fct_sessions
        where project_id = $project_id
    ) as last_at
