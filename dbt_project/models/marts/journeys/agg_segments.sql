with session_segments as (
    select * from {{ ref('fct_session_segments') }}
    where not is_overlong and not is_automated
),

segments as (
    select
        project_id,
        field,
        segment_kind,
        segment,
        count(*) as n_sessions
    from session_segments
    group by project_id, field, segment_kind, segment
),

ranked as (
    select
        *,
        row_number() over (
            partition by project_id, field
            order by
                case segment_kind when 'value' then 0 when 'other' then 1 else 2 end asc,
                n_sessions desc,
                segment asc
        ) as segment_rank,
        sum(n_sessions) over (partition by project_id, field) as n_all_sessions
    from segments
)

select
    project_id,
    field,
    segment_kind,
    segment,
    segment_rank,
    n_sessions,
    cast(n_sessions as double) / n_all_sessions as session_share,
    cast(
        sum(n_sessions) over (
            partition by project_id, field
            order by segment_rank
            rows between unbounded preceding and current row
        ) as double
    ) / n_all_sessions as running_share
from ranked
