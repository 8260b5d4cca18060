with source as (
    select * from {{ source('raw', 'projects') }}
)

select
    project_id,
    name,
    plan,
    created_at,
    journey_field
from source
