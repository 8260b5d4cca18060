with source as (
    select * from {{ source('ml', 'candidate_fits') }}
)

select
    project_id,
    field,
    candidate_number,
    status,
    made_at,
    n_texts
from source
