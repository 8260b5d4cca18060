with source as (
    select * from {{ source('ml', 'candidate_topics') }}
)

select
    project_id,
    field,
    candidate_number,
    topic_id,
    label
from source
