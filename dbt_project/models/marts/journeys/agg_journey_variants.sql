with paths as (
    select * from {{ ref('fct_session_paths') }}
    where not is_automated
),

-- One path is one variant; overlong sessions are one variant, whatever their paths.
variants as (
    select
        project_id,
        variant_id,
        variant_id = 'overlong' as is_overlong,
        case when variant_id = 'overlong' then 0 else min(n_steps) end as n_steps,
        count(*) as n_sessions,
        median(duration_s) as median_duration_s
    from paths
    group by project_id, variant_id
),

-- Paths are wide, so they are joined after the variants are ranked.
variant_paths as (
    select
        project_id,
        variant_id,
        {{ any_value_of('path') }} as path
    from paths
    group by project_id, variant_id
),

project_sessions as (
    select
        project_id,
        sum(n_sessions) as n_sessions
    from variants
    group by project_id
),

ranked as (
    select
        *,
        row_number() over best_first as variant_rank,
        sum(n_sessions) over best_first as n_sessions_so_far
    from variants
    window best_first as (
        partition by project_id
        order by is_overlong asc, n_sessions desc, n_steps asc, variant_id asc
        rows between unbounded preceding and current row
    )
)

select
    ranked.project_id,
    ranked.variant_id,
    ranked.variant_rank,
    ranked.is_overlong,
    case when ranked.is_overlong then {{ empty_list() }} else variant_paths.path end as path,
    ranked.n_steps,
    ranked.n_sessions,
    cast(ranked.n_sessions as double) / project_sessions.n_sessions as session_share,
    cast(ranked.n_sessions_so_far as double) / project_sessions.n_sessions as running_share,
    ranked.median_duration_s
from ranked
inner join project_sessions on ranked.project_id = project_sessions.project_id
inner join variant_paths
    on
        ranked.project_id = variant_paths.project_id
        and ranked.variant_id = variant_paths.variant_id
