with source as (
    select * from {{ source('ml', 'text_places') }}
)

select
    project_id,
    field,
    text_hash,
    x,
    y
from source
