with source as (
    select * from {{ source('raw', 'set_apart_events') }}
)

select
    project_id,
    event_id,
    reason
from source
