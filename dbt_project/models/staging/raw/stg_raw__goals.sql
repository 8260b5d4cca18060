with source as (
    select * from {{ source('raw', 'goals') }}
)

select
    project_id,
    goal,
    kind,
    field,
    value
from source
