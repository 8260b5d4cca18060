-- One row per user and session whose id contains the query, in any case, the newest first, $most of each.
(
    select
        'user' as kind,
        user_id as id,
        last_seen_at as last_at
    from marts.dim_users
    where project_id = $project_id and contains(lower(user_id), lower($typed))
    order by last_seen_at desc, user_id asc
    limit $most
)
union all
(
    select
        'session' as kind,
        session_id as id,
        started_at as last_at
    from marts.fct_sessions
    where project_id = $project_id and contains(lower(session_id), lower($typed))
    order by started_at desc, session_id asc
    limit $most
)
order by kind desc, last_at desc, id asc
