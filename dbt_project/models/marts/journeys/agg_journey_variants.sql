with paths as (
    select * from {{ ref('fct_session_paths') }}
),

variants as (
    select
        project_id,
        variant_id,
        variant_id = 'overlong' as is_overlong,
        {{ any_value_of('path') }} as any_path,
        min(n_steps) as any_n_steps,
        count(*) as n_sessions,
        median(duration_s) as median_duration_s
    from paths
    group by project_id, variant_id
),

-- One path is one variant; overlong sessions are one whatever their paths.
shaped as (
    select
        *,
        case when is_overlong then {{ empty_list() }} else any_path end as path,
        case when is_overlong then 0 else any_n_steps end as n_steps
    from variants
),

ranked as (
    select
        *,
        row_number() over (
            partition by project_id
            order by is_overlong asc, n_sessions desc, n_steps asc, variant_id asc
        ) as variant_rank,
        sum(n_sessions) over (partition by project_id) as n_project_sessions
    from shaped
)

select
    project_id,
    variant_id,
    variant_rank,
    is_overlong,
    path,
    n_steps,
    n_sessions,
    cast(n_sessions as double) / n_project_sessions as session_share,
    cast(
        sum(n_sessions) over (
            partition by project_id
            order by variant_rank
            rows between unbounded preceding and current row
        ) as double
    ) / n_project_sessions as running_share,
    median_duration_s
from ranked
