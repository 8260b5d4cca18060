with variants as (
    select
        project_id,
        sum(n_sessions) as n_sessions
    from {{ ref('agg_journey_variants') }}
    group by project_id
),

sessions as (
    select
        project_id,
        count(*) as n_sessions
    from {{ ref('fct_sessions') }}
    where not is_automated
    group by project_id
)

select
    coalesce(variants.project_id, sessions.project_id) as project_id,
    variants.n_sessions as n_variant_sessions,
    sessions.n_sessions
from sessions
full outer join variants on sessions.project_id = variants.project_id
where variants.n_sessions is distinct from sessions.n_sessions
