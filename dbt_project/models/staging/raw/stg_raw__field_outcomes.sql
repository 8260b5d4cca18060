with source as (
    select * from {{ source('raw', 'field_outcomes') }}
)

select
    project_id,
    field,
    outcome
from source
