-- One row per different path of at least $least_steps steps, most sessions first, with the loops and returns that the
-- path itself has. Shares are of all sessions.
with variants as (
    select
        variant_id,
        any_value(path) as path,
        any_value(n_steps) as n_steps,
        any_value(n_returns) as n_returns,
        any_value(n_loops) as n_loops,
        count(*) as n_sessions,
        median(duration_s) as median_duration_s
    from shown_paths
    where n_steps >= $least_steps and not is_overlong
    group by variant_id
)

select
    row_number() over ranking as place,
    variant_id,
    path,
    n_steps,
    n_sessions,
    n_sessions / (select count(*) from shown_paths) as session_share,
    sum(n_sessions) over ranking / (select count(*) from shown_paths) as running_share,
    median_duration_s,
    n_returns,
    n_loops
from variants
window ranking as (order by n_sessions desc, n_steps asc, variant_id asc rows unbounded preceding)
order by place
limit $listed
