with source as (
    select * from {{ source('ml', 'topic_lineage') }}
)

select
    project_id,
    field,
    run_id,
    from_topic_id,
    to_topic_id,
    change,
    n_texts_shared,
    similarity,
    recorded_at
from source
