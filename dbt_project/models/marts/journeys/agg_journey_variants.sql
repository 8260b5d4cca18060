with paths as (
    select * from {{ ref('fct_session_paths') }}
),

variants as (
    select
        project_id,
        variant_id,
        is_overlong,
        case when is_overlong then {{ empty_list() }} else path end as path,
        case when is_overlong then 0 else n_steps end as n_steps,
        count(*) as n_sessions,
        median(duration_s) as median_duration_s
    from paths
    group by
        project_id,
        variant_id,
        is_overlong,
        case when is_overlong then {{ empty_list() }} else path end,
        case when is_overlong then 0 else n_steps end
),

ranked as (
    select
        *,
        row_number() over (
            partition by project_id
            order by is_overlong asc, n_sessions desc, n_steps asc, variant_id asc
        ) as variant_rank,
        sum(n_sessions) over (partition by project_id) as n_project_sessions
    from variants
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
