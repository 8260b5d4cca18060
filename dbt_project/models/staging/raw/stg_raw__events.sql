with source as (
    select * from {{ source('raw', 'events') }}
)

select
    project_id,
    event_id,
    name,
    session_id,
    is_session_id_given,
    user_id,
    is_user_id_given,
    occurred_at,
    received_at,
    metadata,
    segment,
    line_number
from source
