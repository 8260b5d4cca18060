with source as (
    select * from {{ source('ml', 'candidate_lineage') }}
)

select
    project_id,
    field,
    candidate_number,
    from_topic_id,
    to_topic_id,
    change
from source
