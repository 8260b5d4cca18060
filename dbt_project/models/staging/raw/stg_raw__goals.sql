with source as (
    select * from {{ source('raw', 'goals') }}
)

select
    project_id,
    goal,
    kind,
    field,
    case when kind = 'field' then {{ as_compared('value') }} else value end as value
from source
