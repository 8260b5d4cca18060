-- One row per session of the project, whatever the filters, with its person: the user, or the session itself if the app
-- named no user.
select
    session_id,
    coalesce(user_id, session_id) as person
from marts.fct_sessions
where project_id = $project_id
