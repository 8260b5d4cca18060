with source as (
    select * from {{ source('ml', 'text_topics') }}
)

select
    project_id,
    field,
    text_hash,
    topic_id,
    topic_status,
    topic_confidence
from source
