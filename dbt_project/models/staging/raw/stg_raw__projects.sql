with source as (
    select * from {{ source('raw', 'projects') }}
)

select
    project_id,
    name,
    plan,
    created_at,
    journey_field,
    first_day,
    are_placeholder_ids_missing,
    late_after_s
from source
