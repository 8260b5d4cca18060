with source as (
    select * from {{ source('raw', 'field_overrides') }}
)

select
    project_id,
    field,
    type
from source
