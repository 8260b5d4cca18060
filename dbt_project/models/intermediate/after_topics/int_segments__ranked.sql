with sessions as (
    select * from {{ ref('int_sessions__summed') }}
),

fields as (
    select * from {{ ref('dim_fields') }}
    where effective_type = 'enum' and n_distinct_values <= {{ segment_limit('max_values') }}
),

session_values as (
    select * from {{ ref('int_session_values__first') }}
),

value_sizes as (
    select
        session_values.project_id,
        session_values.field,
        session_values.enum_value,
        row_number() over (
            partition by session_values.project_id, session_values.field
            order by
                sum(case when sessions.is_overlong then 0 else 1 end) desc,
                session_values.enum_value asc
        ) as size_rank
    from session_values
    inner join fields
        on
            session_values.project_id = fields.project_id
            and session_values.field = fields.field
    inner join sessions
        on
            session_values.project_id = sessions.project_id
            and session_values.session_id = sessions.session_id
    group by session_values.project_id, session_values.field, session_values.enum_value
)

select
    project_id,
    field,
    enum_value,
    case when size_rank <= {{ segment_limit('max_named') }} then 'value' else 'other' end as segment_kind
from value_sizes

union all

select
    project_id,
    field,
    cast(null as {{ column_type('varchar') }}) as enum_value,
    'none' as segment_kind
from fields
