with source as (
    select * from {{ source('raw', 'replaced_events') }}
)

select
    project_id,
    event_id,
    session_id,
    is_session_id_given,
    user_id,
    is_user_id_given,
    occurred_at,
    replaced_by
from source
