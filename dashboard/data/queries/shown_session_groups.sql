-- One row per session of the project in the days of the filters, whatever the others, with the random group (0 to 127)
-- of its cluster: its user, or the session itself if the app named no user. Variances are between these groups (see
-- cluster_sums.sql).
select
    session_id,
    (md5_number_lower(coalesce(user_id, session_id)) % 128)::smallint as group_id
from marts.fct_sessions
where project_id = $project_id
