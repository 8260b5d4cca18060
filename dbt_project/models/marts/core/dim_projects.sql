with projects as (
    select * from {{ ref('stg_raw__projects') }}
)

select
    project_id,
    name,
    created_at,
    late_after_s
from projects
