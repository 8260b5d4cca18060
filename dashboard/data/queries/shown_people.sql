-- One row per session of the project, whatever the filters, with its person. All sessions without a user count as one
-- person, since they may be of one.
select
    session_id,
    coalesce(user_id, '') as person
from marts.fct_sessions
where project_id = $project_id
