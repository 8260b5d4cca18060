with source as (
    select * from {{ source('ml', 'topics') }}
)

select
    project_id,
    topic_id,
    field,
    label,
    description,
    keywords,
    parent_topic_id,
    level,
    label_source,
    example_text_hashes
from source
