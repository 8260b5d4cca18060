-- At most one row: a user, by the id that the app sends.
select
    user_id,
    first_seen_at,
    last_seen_at,
    n_sessions,
    n_events
from marts.dim_users
where project_id = $project_id and user_id = $user
