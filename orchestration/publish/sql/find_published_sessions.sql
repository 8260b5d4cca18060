-- The sessions whose rows are published.
create or replace temp table published_sessions as
select
    sessions.project_id,
    sessions.session_id
from warehouse.marts.fct_sessions as sessions
left join temp.detail_days as details on sessions.project_id = details.project_id
where details.first_date is null or sessions.session_date >= details.first_date
