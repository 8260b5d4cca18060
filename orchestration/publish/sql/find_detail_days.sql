-- The first of the newest $n_days days of sessions, for projects that have older ones.
create or replace temp table detail_days as
select
    project_id,
    (max(session_date) - ($n_days::integer - 1))::date as first_date
from warehouse.marts.fct_sessions
group by project_id
having min(session_date) < max(session_date) - ($n_days::integer - 1)
