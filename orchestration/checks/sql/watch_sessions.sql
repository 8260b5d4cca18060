-- One row per project: the share of its sessions that are overlong; null with too few sessions.
with counts as (
    select
        project_id,
        count(*) as n_sessions,
        count(*) filter (where is_overlong) as n_overlong
    from marts.fct_sessions
    group by project_id
)

select
    project_id,
    n_sessions,
    n_overlong,
    if(n_sessions >= $min_sessions, n_overlong / n_sessions, null) as overlong_share
from counts
